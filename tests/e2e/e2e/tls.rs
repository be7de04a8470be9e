//! TLS on every port, with and without certificates of clients.

use crate::common::{directory, python};
use anyhow::Result;
use expect_test::expect;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
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
        self.sign_with(name, params(hosts)?)
    }

    /// As `sign`, but it is over.
    fn sign_expired(&self, name: &str, hosts: &[&str]) -> Result<()> {
        let mut params = params(hosts)?;
        params.not_after = date_time_ymd(2001, 1, 1);
        self.sign_with(name, params)
    }

    fn sign_with(&self, name: &str, mut params: CertificateParams) -> Result<()> {
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
        self.signed("server")
    }

    /// A certificate that was signed, with its key.
    fn signed(&self, name: &str) -> Vec<String> {
        let [certificate, key] = ["pem", "key"].map(|it| self.file(&format!("{name}.{it}")));
        ["--tls-cert-path", &certificate, "--tls-key-path", &key].map(str::to_owned).into()
    }

    /// As our command line and Temporal's take them.
    fn client_flags(&self, trusts: &Authority) -> Vec<String> {
        self.flags_of("client", trusts)
    }

    fn flags_of(&self, name: &str, trusts: &Authority) -> Vec<String> {
        [vec!["--tls-ca-path".to_owned(), trusts.file("ca.pem")], self.signed(name)].concat()
    }
}

fn params(hosts: &[&str]) -> Result<CertificateParams> {
    Ok(CertificateParams::new(hosts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())?)
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

/// In what they print on both sides, what is wrong comes first.
fn complaint(said: &Said, of: &str) -> String {
    let found = said.stderr.lines().find_map(|it| Some(&it[it.find(of)?..]));
    let found = found.unwrap_or(&said.stderr);
    // Then comes what time it is.
    format!("{:?} {}\n", said.code, found.split(": current time").next().unwrap_or_default())
}

#[test]
fn certificates_that_are_over_or_of_another_name_are_refused_on_both_sides() -> Result<()> {
    let directory = directory("tls-expired");
    let [ours, _] = authorities(&directory)?;
    ours.sign_expired("stale", &["localhost", "127.0.0.1"])?;
    ours.sign("elsewhere", &["elsewhere.example"])?;
    let start = |name: &str| {
        let mut flags = ours.signed(name);
        flags.extend(["--tls-client-ca-path".to_owned(), ours.file("ca.pem")]);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Host::start(&directory.join(name), &flags)
    };
    let known = ours.client_flags(&ours);
    let with =
        |more: &[&str]| [known.clone(), more.iter().map(|it| (*it).to_owned()).collect()].concat();

    let host = start("server")?;
    let stale = ours.flags_of("stale", &ours);
    // What a client hears of it depends on how far it had got.
    assert_ne!(temporal(&host, &stale)?.code, Some(0));
    assert_ne!(refrain(&host, &stale)?.code, Some(0));
    temporal(&host, &known)?.or_fail("temporal", &[])?;

    let host = start("stale")?;
    let mut told = complaint(&temporal(&host, &known)?, "tls: ");
    assert_ne!(refrain(&host, &known)?.code, Some(0));
    temporal(&host, &with(&["--tls-disable-host-verification"]))?.or_fail("temporal", &[])?;

    let host = start("elsewhere")?;
    told += &complaint(&temporal(&host, &known)?, "tls: ");
    assert_ne!(refrain(&host, &known)?.code, Some(0));
    let named = ["--tls-server-name", "elsewhere.example"];
    temporal(&host, &with(&named))?.or_fail("temporal", &[])?;
    refrain(&host, &with(&named))?.or_fail("refrain", &[])?;
    expect![[r#"
        Some(1) tls: failed to verify certificate: x509: certificate has expired or is not yet valid
        Some(1) tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs
    "#]].assert_eq(&told);
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
