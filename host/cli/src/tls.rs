//! TLS: the certificate of a server, and what a client trusts and shows.
//!
//! The flags are those of Temporal's command line. Files are read once, at the start.

use crate::errors::CliError;
use clap::Args;
use refrain_server::Tls;
use std::path::{Path, PathBuf};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// `None`: no TLS.
pub(crate) fn of_server(
    certificate: Option<&Path>,
    key: Option<&Path>,
    client_authorities: Option<&Path>,
) -> Result<Option<Tls>, CliError> {
    let authorities = client_authorities.map(read).transpose()?;
    match (pair(certificate, key)?, authorities) {
        (Some(Pair { certificates, key }), client_authorities) => {
            Ok(Some(Tls { certificates, key, client_authorities }))
        }
        (None, Some(_)) => {
            Err(CliError::usage("clients are to show certificates, but the server has none")
                .hint("give --tls-cert-path and --tls-key-path too"))
        }
        (None, None) => Ok(None),
    }
}

/// How to reach a server that speaks TLS.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ClientTlsArgs {
    /// Speak TLS. Any of the other flags, or an address that begins with `https://`, implies it.
    #[arg(long, env = "REFRAIN_TLS", help_heading = "TLS")]
    tls: bool,
    /// Trust the authorities in this file (PEM). Default: those of the system.
    #[arg(long, env = "REFRAIN_TLS_CA_PATH", value_name = "FILE", help_heading = "TLS")]
    tls_ca_path: Option<PathBuf>,
    /// Show this certificate (PEM).
    #[arg(long, env = "REFRAIN_TLS_CERT_PATH", value_name = "FILE", help_heading = "TLS")]
    tls_cert_path: Option<PathBuf>,
    /// The key of the certificate (PEM).
    #[arg(long, env = "REFRAIN_TLS_KEY_PATH", value_name = "FILE", help_heading = "TLS")]
    tls_key_path: Option<PathBuf>,
    /// Expect this name in the server's certificate. Default: the host in the address.
    #[arg(long, env = "REFRAIN_TLS_SERVER_NAME", value_name = "NAME", help_heading = "TLS")]
    tls_server_name: Option<String>,
}

impl ClientTlsArgs {
    /// `None`: no TLS.
    pub(crate) fn config(&self, is_https: bool) -> Result<Option<ClientTlsConfig>, CliError> {
        let pair = pair(self.tls_cert_path.as_deref(), self.tls_key_path.as_deref())?;
        let asked = self.tls
            || is_https
            || pair.is_some()
            || self.tls_ca_path.is_some()
            || self.tls_server_name.is_some();
        if !asked {
            return Ok(None);
        }
        let mut config = match self.tls_ca_path.as_deref() {
            Some(path) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(path)?)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let Some(Pair { certificates, key }) = pair {
            config = config.identity(Identity::from_pem(certificates, key));
        }
        if let Some(name) = &self.tls_server_name {
            config = config.domain_name(name);
        }
        Ok(Some(config))
    }
}

/// A certificate and its key; one without the other is a mistake.
struct Pair {
    certificates: Vec<u8>,
    key: Vec<u8>,
}

fn pair(certificate: Option<&Path>, key: Option<&Path>) -> Result<Option<Pair>, CliError> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Ok(Some(Pair { certificates: read(certificate)?, key: read(key)? }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(CliError::usage("a certificate is given without its key")
            .hint("give --tls-key-path too")),
        (None, Some(_)) => Err(CliError::usage("a key is given without its certificate")
            .hint("give --tls-cert-path too")),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let bytes = std::fs::read(path)
        .map_err(|error| CliError::usage(format!("`{}` can't be read: {error}", path.display())))?;
    if !bytes.windows(11).any(|it| it == b"-----BEGIN ") {
        return Err(CliError::usage(format!("`{}` is not in PEM", path.display()))
            .hint("such a file has lines like `-----BEGIN CERTIFICATE-----`"));
    }
    Ok(bytes)
}
