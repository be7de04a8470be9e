//! Which hosts an activity may send requests to.

use std::str::FromStr;

/// Patterns of hosts. Empty: none at all.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct EgressList {
    patterns: Vec<Pattern>,
}

/// `api.example.com`, `*.example.com` (any name below it), `localhost:8080` (that port only), `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    host: Host,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    /// With the leading dot.
    Below(String),
    Exactly(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("egress pattern `{0}` is not `host`, `*.domain`, `host:port` or `*`")]
pub struct EgressPatternError(pub String);

impl EgressList {
    pub fn new<'a>(
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Result<EgressList, EgressPatternError> {
        let patterns = patterns.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        Ok(EgressList { patterns })
    }

    pub fn allows(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.patterns.iter().any(|pattern| {
            pattern.port.is_none_or(|only| only == port)
                && match &pattern.host {
                    Host::Any => true,
                    Host::Below(domain) => host.ends_with(domain.as_str()),
                    Host::Exactly(name) => host == *name,
                }
        })
    }
}

impl FromStr for Pattern {
    type Err = EgressPatternError;

    fn from_str(text: &str) -> Result<Pattern, EgressPatternError> {
        let wrong = || EgressPatternError(text.to_owned());
        let lower = text.trim().to_ascii_lowercase();
        // An IPv6 address is written in brackets, as in a URL.
        let (host, port) = match lower.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| wrong())?))
            }
            Some(_) | None => (lower.as_str(), None),
        };
        let host = match host {
            "*" => Host::Any,
            name => match name.strip_prefix('*') {
                Some(domain) if domain.len() > 1 && domain.starts_with('.') => {
                    Host::Below(domain.to_owned())
                }
                Some(_) => return Err(wrong()),
                None => Host::Exactly(name.to_owned()),
            },
        };
        let name = match &host {
            Host::Any => "",
            Host::Below(name) | Host::Exactly(name) => name,
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_[]:".contains(c);
        if !name.chars().all(is_name) || host == Host::Exactly(String::new()) {
            return Err(wrong());
        }
        Ok(Pattern { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_out_only_to_a_listed_host() {
        let list = EgressList::new(["api.example.com", "*.acme.test", "localhost:8080"]).unwrap();
        assert!(list.allows("API.example.com", 443));
        assert!(list.allows("eu.acme.test", 80));
        assert!(list.allows("localhost", 8080));
        assert!(!list.allows("acme.test", 443));
        assert!(!list.allows("evilacme.test", 443));
        assert!(!list.allows("localhost", 8081));
        assert!(!list.allows("api.example.com.evil.test", 443));
        assert!(!EgressList::default().allows("api.example.com", 443));
    }

    #[test]
    fn a_pattern_that_is_none_is_refused_by_name() {
        for wrong in ["", "*example.com", "https://example.com", "host:port", "a b"] {
            let refused = EgressList::new([wrong]);
            assert_eq!(refused, Err(EgressPatternError(wrong.to_owned())), "{wrong}");
        }
    }
}
