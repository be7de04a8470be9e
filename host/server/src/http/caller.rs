//! Who may call.

use super::problem::Problem;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use std::net::IpAddr;
use std::sync::Arc;

/// The names that a server may be called by, beside `localhost` and any address.
///
/// Any page that someone has open can send requests to servers that its reader reaches. Those of other
/// sites are refused. But a name service can make the name of another site lead to this server, and then
/// its pages are ours to a browser: so the name counts too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpHosts(Option<Arc<[String]>>);

impl HttpHosts {
    /// `*` is any name.
    pub fn new(names: Vec<String>) -> HttpHosts {
        match names.iter().any(|it| it == "*") {
            true => HttpHosts::any(),
            false => HttpHosts(Some(names.into())),
        }
    }

    /// For a server whose name is settled in other ways: by its certificate.
    pub fn any() -> HttpHosts {
        HttpHosts(None)
    }

    pub(super) fn check(
        &self,
        method: &Method,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<(), Problem> {
        let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
        let asked = uri.authority().map(|it| it.as_str()).or_else(|| text(header::HOST));
        let refused =
            |text: String| Problem::new(StatusCode::FORBIDDEN, tonic::Code::PermissionDenied, text);
        let asked = asked.unwrap_or_default();
        let host = host(asked);
        if !self.has(host) {
            return Err(refused(format!(
                "the request is for the host `{host}`, expected `localhost`, an IP address or a \
                 name given with --http-host"
            )));
        }
        let from_elsewhere = |what: &str| {
            refused(format!(
                "the request comes from {what}, and pages of other sites can't call this server"
            ))
        };
        match text(header::ORIGIN) {
            Some(origin) if origin.split("://").nth(1) != Some(asked) => {
                return Err(from_elsewhere(&format!("a page of `{origin}`")));
            }
            _ => {}
        }
        // What a browser says of requests that have no `Origin`. A link may lead here.
        let site = text(header::HeaderName::from_static("sec-fetch-site")).unwrap_or_default();
        let mode = text(header::HeaderName::from_static("sec-fetch-mode")).unwrap_or_default();
        let is_link = mode == "navigate" && method == Method::GET;
        match site {
            "cross-site" | "same-site" if !is_link => Err(from_elsewhere("another site")),
            _ => Ok(()),
        }
    }

    /// An address is what no name service can make up.
    fn has(&self, host: &str) -> bool {
        let HttpHosts(Some(names)) = self else { return true };
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || address.parse::<IpAddr>().is_ok()
            || names.iter().any(|it| host.eq_ignore_ascii_case(it))
    }
}

/// Without the port.
fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(names: &[&str], said: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            headers.insert(*name, value.parse().expect("ascii"));
        }
        let names = names.iter().map(|it| (*it).to_owned()).collect();
        HttpHosts::new(names).check(&Method::GET, &headers, &Uri::from_static("/x")).is_ok()
    }

    #[test]
    fn a_page_of_another_site_can_not_call_a_server() {
        let from = |host, origin| passes(&[], &[("host", host), ("origin", origin)]);
        assert!(passes(&[], &[("host", "127.0.0.1:7243")]));
        assert!(passes(&[], &[("host", "[::1]:7243")]));
        assert!(from("LOCALHOST", "http://LOCALHOST"));
        assert!(!from("localhost:7243", "https://evil.example"));
        assert!(!from("localhost:7243", "http://localhost:3000"));
        assert!(!from("localhost:7243", "null"));
        assert!(!passes(&[], &[]));
    }

    #[test]
    fn a_name_that_leads_here_is_not_enough() {
        let named = |names: &[&str], name: &str| passes(names, &[("host", name)]);
        assert!(!named(&[], "evil.example:7243"));
        assert!(!passes(&[], &[("host", "evil.example"), ("origin", "http://evil.example")]));
        assert!(!named(&["refrain.example"], "evil.example"));
        assert!(named(&["refrain.example"], "Refrain.example:443"));
        assert!(named(&["*"], "evil.example"));
        let own = [("host", "refrain.example"), ("origin", "https://refrain.example")];
        assert!(passes(&["refrain.example"], &own));
        let other = [("host", "refrain.example"), ("origin", "https://evil.example")];
        assert!(!passes(&["*"], &other));
    }

    #[test]
    fn a_link_may_lead_here_and_an_image_may_not() {
        let from = |site: &str, mode: &str| {
            let said = [("host", "localhost"), ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
            passes(&[], &said)
        };
        assert!(from("same-origin", "cors"));
        assert!(from("none", "navigate"));
        assert!(from("cross-site", "navigate"));
        assert!(!from("cross-site", "no-cors"));
        assert!(!from("same-site", "no-cors"));
    }
}
