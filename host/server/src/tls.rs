//! TLS on the ports of a server: its certificate, and whose clients it takes.

use tonic::transport::{Certificate, Identity, ServerTlsConfig};

/// All in PEM.
#[derive(Clone)]
pub struct Tls {
    /// The server's own certificate first, then those that lead to an authority.
    pub certificates: Vec<u8>,
    pub key: Vec<u8>,
    /// With it a client must show a certificate that one of these has signed.
    pub client_authorities: Option<Vec<u8>>,
}

impl Tls {
    pub(crate) fn config(&self) -> ServerTlsConfig {
        let identity = Identity::from_pem(&self.certificates, &self.key);
        let config = ServerTlsConfig::new().identity(identity);
        match &self.client_authorities {
            Some(authorities) => config.client_ca_root(Certificate::from_pem(authorities)),
            None => config,
        }
    }
}

/// Without what must stay secret.
impl std::fmt::Debug for Tls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Tls").field("asks_clients", &self.client_authorities.is_some()).finish()
    }
}
