//! TLS towards the IMAP server: always verified, by the machine's authorities and a private one where configured.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// A client that trusts the machine's certificate authorities, and those in a file.
pub(super) fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if let Some(path) = ca_file {
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .with_context(|| format!("cannot read the certificates in {}", path.display()))?;
        if certificates.is_empty() {
            bail!("there is no certificate in {}", path.display());
        }
        for certificate in certificates {
            roots
                .add(certificate)
                .with_context(|| format!("a certificate in {} is of no use", path.display()))?;
        }
    }
    if roots.is_empty() {
        bail!("this machine has no certificate authorities; install the package ca-certificates");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
