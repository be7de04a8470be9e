//! TLS on every port, with and without certificates of clients.

use crate::common::{directory, python};
use anyhow::Result;
use expect_test::expect;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use refrain_e2e::host::{Said, output};
use refrain_e2e::{Host, paths};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One authority, and what it signed: files in PEM.
struct Authority {
    directory: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(directory: &Path, name: &str) -> Result<Authority> {
        std::fs::create_dir_all(directory)?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let directory = directory.join(name);
        std::fs::create_dir_all(&directory)?;
        std::fs::write(directory.join("ca.pem"), issuer.pem())?;
        Ok(Authority { directory, issuer })
    }

    /// `NAME.pem` and `NAME.key`.
    fn sign(&self, name: &str, hosts: &[&str]) -> Result<()> {
        let hosts: Vec<String> = hosts.iter().map(|it| (*it).to_owned()).collect();
        let mut params = CertificateParams::new(hosts)?;
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        std::fs::write(self.directory.join(format!("{name}.pem")), certificate.pem())?;
        std::fs::write(self.directory.join(format!("{name}.key")), key.serialize_pem())?;
        Ok(())
    }

    fn file(&self, name: &str) -> String {
        self.directory.join(name).to_string_lossy().into_owned()
    }

    /// As a server takes them.
    fn server_flags(&self) -> Vec<String> {
        let [certificate, key] = ["server.pem", "server.key"].map(|it| self.file(it));
        ["--tls-cert-path", &certificate, "--tls-key-path", &key].map(str::to_owned).into()
    }

    /// As our command line and Temporal's take them.
    fn client_flags(&self, trusts: &Authority) -> Vec<String> {
        let [certificate, key] = ["client.pem", "client.key"].map(|it| self.file(it));
        let ca = trusts.file("ca.pem");
        ["--tls-ca-path", &ca, "--tls-cert-path", &certificate, "--tls-key-path", &key]
            .map(str::to_owned)
            .into()
    }
}

fn authorities(directory: &Path) -> Result<[Authority; 2]> {
    let ours = Authority::new(directory, "ours")?;
    ours.sign("server", &["localhost", "127.0.0.1"])?;
    ours.sign("client", &[])?;
    let other = Authority::new(directory, "other")?;
    other.sign("client", &[])?;
    Ok([ours, other])
}

fn refrain(host: &Host, flags: &[String]) -> Result<Said> {
    let args = ["namespace", "list"].into_iter().chain(flags.iter().map(String::as_str));
    host.try_cli(&args.collect::<Vec<_>>())
}

fn temporal(host: &Host, flags: &[String]) -> Result<Said> {
    let mut command = Command::new(paths::client_program("temporal")?);
    command.args(["workflow", "count", "--disable-config-file", "--address", &host.address()]);
    output(command.args(flags))
}

#[test]
fn a_server_with_mutual_tls_takes_whom_its_authority_signed_and_nobody_else() -> Result<()> {
    let directory = directory("tls");
    let [ours, other] = authorities(&directory)?;
    let mut flags = ours.server_flags();
    flags.extend(["--tls-client-ca-path".to_owned(), ours.file("ca.pem")]);
    // Connections grow old within the test, and nobody notices.
    flags.extend(["--connection-age", "1s"].map(str::to_owned));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let host = Host::start(&directory, &flags)?;

    let known = ours.client_flags(&ours);
    refrain(&host, &known)?.or_fail("refrain", &[])?;
    temporal(&host, &known)?.or_fail("temporal", &[])?;
    for stranger in [
        // No TLS, no certificate, one of another authority, another authority trusted.
        vec![],
        vec!["--tls-ca-path".to_owned(), ours.file("ca.pem")],
        other.client_flags(&ours),
        ours.client_flags(&other),
    ] {
        assert_ne!(refrain(&host, &stranger)?.code, Some(0), "{stranger:?}");
        assert_ne!(temporal(&host, &stranger)?.code, Some(0), "{stranger:?}");
    }

    // A worker of Temporal's SDK, whose polls outlive their connections.
    let mut deploy = vec!["deploy".to_owned()];
    deploy.push(paths::guest("rust/bench")?.to_string_lossy().into_owned());
    deploy.extend(["--task-queue", "tls"].map(str::to_owned));
    deploy.extend(known);
    let deploy: Vec<&str> = deploy.iter().map(String::as_str).collect();
    host.cli(&deploy)?;
    let said = output(python("tls_worker")?.arg(host.address()).args([
        ours.file("ca.pem"),
        ours.file("client.pem"),
        ours.file("client.key"),
    ]))?;
    expect![[r#"
        worked
        done
    "#]]
    .assert_eq(&said.or_fail("tls_worker.py", &[])?);
    Ok(())
}

#[test]
fn the_http_port_speaks_tls_too() -> Result<()> {
    let directory = directory("tls-http");
    let [ours, _] = authorities(&directory)?;
    let mut flags = ours.server_flags();
    flags.extend(["--http-port", "0"].map(str::to_owned));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let host = Host::start(&directory, &flags)?;
    let address = crate::http_api::http_address(&host)?;
    assert!(address.starts_with("https://"), "{address}");
    let said = output(python("https_get")?.args([&address, &ours.file("ca.pem")]))?;
    expect![[r#"
        200 {}
    "#]]
    .assert_eq(&said.or_fail("https_get.py", &[])?);
    // Without certificates of clients none is asked for.
    let trusting = ["--tls-ca-path".to_owned(), ours.file("ca.pem")];
    refrain(&host, &trusting)?.or_fail("refrain", &[])?;
    temporal(&host, &trusting)?.or_fail("temporal", &[])?;
    Ok(())
}

#[test]
fn a_server_says_what_is_wrong_with_its_certificate_before_it_listens() -> Result<()> {
    let directory = directory("tls-wrong");
    let [ours, other] = authorities(&directory)?;
    let (certificate, key) = (ours.file("server.pem"), ours.file("server.key"));
    let (other_key, database) = (other.file("client.key"), directory.join("x.db"));
    let said = |flags: &[&str]| {
        let mut command = Command::new(paths::binary()?);
        command.args(["server", "start", "--port", "0", "--db"]).arg(&database).args(flags);
        let said = output(&mut command)?;
        let text = said.stderr.replace(&*directory.to_string_lossy(), "DIR");
        anyhow::Ok(format!("{:?} {text}", said.code))
    };
    let all = [
        said(&["--tls-cert-path", &certificate])?,
        said(&["--tls-key-path", &key])?,
        said(&["--tls-client-ca-path", &certificate])?,
        said(&["--tls-cert-path", "/nowhere", "--tls-key-path", &key])?,
        said(&["--tls-cert-path", &key, "--tls-key-path", &certificate])?,
        said(&["--tls-cert-path", &certificate, "--tls-key-path", &other_key])?,
    ];
    expect![[r#"
        Some(2) error: a certificate is given without its key
        hint: give --tls-key-path too

        Some(2) error: a key is given without its certificate
        hint: give --tls-cert-path too

        Some(2) error: clients are to show certificates, but the server has none
        hint: give --tls-cert-path and --tls-key-path too

        Some(2) error: `/nowhere` can't be read: No such file or directory (os error 2)

        Some(2) error: the certificate, its key or the authorities of clients can't be used: transport error: Error parsing TLS private key - no RSA or PKCS8-encoded keys found.

        Some(2) error: the certificate, its key or the authorities of clients can't be used: transport error: keys may not be consistent: KeyMismatch
    "#]].assert_eq(&all.join("\n"));
    Ok(())
}
