//! Who may call.

use super::problem::Problem;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use std::net::IpAddr;

/// Any page that a developer has open can send requests to servers on the same machine. Those of
/// other sites are refused, whatever name they give it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) is_local: bool,
}

impl Caller {
    pub(super) fn check(self, headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
        let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
        let asked = uri.authority().map(|it| it.as_str()).or_else(|| text(header::HOST));
        let refused =
            |text: String| Problem::new(StatusCode::FORBIDDEN, tonic::Code::PermissionDenied, text);
        let asked = asked.unwrap_or_default();
        if self.is_local && !is_this_machine(asked) {
            return Err(refused(format!(
                "the request is for the host `{asked}`, expected `localhost` or an IP address: \
                 this server listens on its machine only"
            )));
        }
        match text(header::ORIGIN) {
            Some(origin) if origin.split("://").nth(1) != Some(asked) => Err(refused(format!(
                "the request comes from a page of `{origin}`, and pages of other sites can't call this server"
            ))),
            _ => Ok(()),
        }
    }
}

/// An address is what no name service can make up.
fn is_this_machine(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(is_local: bool, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("ascii"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("ascii"));
        }
        Caller { is_local }.check(&headers, &Uri::from_static("/x")).is_ok()
    }

    #[test]
    fn a_page_of_another_site_can_not_call_a_server_on_its_readers_machine() {
        let local = |host, origin| passes(true, host, origin);
        assert!(local("127.0.0.1:7243", None));
        assert!(local("[::1]:7243", None));
        assert!(local("LOCALHOST", Some("http://LOCALHOST")));
        assert!(!local("localhost:7243", Some("https://evil.example")));
        assert!(!local("localhost:7243", Some("null")));
        // Its name may lead to this machine.
        assert!(!local("evil.example:7243", None));
        assert!(!local("evil.example:7243", Some("http://evil.example:7243")));
        assert!(!local("", None));
    }

    #[test]
    fn a_server_with_a_name_answers_its_own_pages() {
        assert!(passes(false, "refrain.example", Some("https://refrain.example")));
        assert!(!passes(false, "refrain.example", Some("https://evil.example")));
    }
}
