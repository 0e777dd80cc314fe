//! The archive on S3-compatible storage: an object a content, named by the prefix and its SHA-256.
//!
//! What was not acknowledged is not there: nothing is recorded of it, it lies in the mailbox still, and comes again.

use std::collections::VecDeque;
use std::fs;
use std::future::{Future, ready};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path as Key;
use object_store::{
    Certificate, ClientOptions, CredentialProvider, Error as Refusal, ObjectStoreExt, RetryConfig,
};
use tempfile::NamedTempFile;

use super::{Coming, Folder, Names, Soundness, whole};
use crate::config::{S3Settings, Secret, Veil};
use crate::ground::Sha256;
use crate::ground::hex::random_hex;
use crate::ground::text::truncated;
use crate::reading::worker::together;

/// So many contents are on their way at once.
const AT_ONCE: usize = 8;
/// How long one request may take: a mail of `limits.message_mb` over a slow line.
const LONGEST_REQUEST: Duration = Duration::from_secs(300);
/// How long making a connection may take.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// A request that failed for the storage's own reasons is sent again so often, within this time.
const TRIES_AGAIN: (usize, Duration) = (2, Duration::from_secs(60));
/// More of what the storage says of a failure is not kept, in bytes.
const LONGEST_SAYING: usize = 400;
/// So many bytes of what was put last lie on this machine, too: a mail is read right after it came.
const AT_HAND: u64 = 256_000_000;

/// A bucket of S3-compatible storage, and the part of it that is ours.
#[derive(Clone, Debug)]
pub struct S3 {
    bucket: AmazonS3,
    /// With a slash at its end, or empty.
    prefix: String,
    /// `s3://bucket/prefix`.
    url: String,
    key: Arc<AccessKey>,
    lately: Arc<Mutex<Lately>>,
}

/// The storage of the archive cannot be used: of what lies there nothing is known.
#[derive(Debug, thiserror::Error)]
#[error("the archive {place}: {}: {says}", lack.what_to_do())]
pub struct Unreachable {
    pub(super) place: String,
    pub(super) lack: Lack,
    /// What it, or the system, said.
    says: String,
}

/// What keeps the storage from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// We have no key to it.
    Key,
    /// It does not take our key, or not for this.
    Refused,
    /// There is no such bucket.
    Bucket,
    /// It does not answer, or by an error of its own.
    Answer,
}

impl Lack {
    /// What an answer means. Of a list it is told by its text alone.
    fn by(e: &Refusal, said: &str) -> Lack {
        let status = |code| said.contains(&format!("status code: {code} "));
        match e {
            Refusal::PermissionDenied { .. } | Refusal::Unauthenticated { .. } => Lack::Refused,
            Refusal::NotFound { .. } => Lack::Bucket,
            _ if status(401) || status(403) => Lack::Refused,
            _ if status(404) => Lack::Bucket,
            _ => Lack::Answer,
        }
    }

    fn what_to_do(self) -> &'static str {
        match self {
            Lack::Key => {
                "there is no key to it; name access_key and one of password_file, password_env and password_credential in [s3], or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            }
            Lack::Refused => {
                "it refuses the key; see access_key and the password in [s3], and whether this key may list the bucket and get, put and delete in it"
            }
            Lack::Bucket => "there is no such bucket; make it, or name another in `archive`",
            Lack::Answer => {
                "it does not answer as it should; see endpoint and region in [s3], and the network"
            }
        }
    }
}

/// The key of the configuration, read whenever it is used: it may have been renewed.
#[derive(Debug)]
struct AccessKey {
    /// `None`: that of the environment.
    id: Option<String>,
    secret: Secret,
}

impl AccessKey {
    fn read(&self) -> Result<AwsCredential> {
        let of_environment = |name| {
            let value = std::env::var(name).ok().filter(|v| !v.is_empty());
            value.with_context(|| format!("the environment variable {name} is not set"))
        };
        let (key_id, token) = match &self.id {
            Some(id) => (id.clone(), None),
            None => (
                of_environment("AWS_ACCESS_KEY_ID")?,
                of_environment("AWS_SESSION_TOKEN").ok(),
            ),
        };
        Ok(AwsCredential {
            key_id,
            secret_key: self.secret.read()?.0,
            token,
        })
    }
}

impl CredentialProvider for AccessKey {
    type Credential = AwsCredential;

    fn get_credential<'s, 'f>(
        &'s self,
    ) -> Pin<Box<dyn Future<Output = object_store::Result<Arc<AwsCredential>>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        let read = self.read().map(Arc::new);
        Box::pin(ready(read.map_err(|e| Refusal::Generic {
            store: "S3",
            source: e.into(),
        })))
    }
}

impl S3 {
    /// The storage that a configuration names; nobody is asked. `incoming`: where what was put last is kept at hand.
    ///
    /// # Errors
    /// When a certificate cannot be read, or the endpoint is none.
    pub(crate) fn new(settings: &S3Settings, incoming: PathBuf) -> Result<S3> {
        // reqwest asks for the one of the process. That another was installed is no harm: it is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = Arc::new(AccessKey {
            id: settings.access_key.clone(),
            secret: settings.secret.clone(),
        });
        let in_clear = settings.in_clear();
        let mut client = ClientOptions::new()
            .with_timeout(LONGEST_REQUEST)
            .with_connect_timeout(LONGEST_CONNECT)
            .with_allow_http(in_clear);
        if let Some(path) = &settings.ca_file {
            let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            for authority in Certificate::from_pem_bundle(&pem)
                .with_context(|| format!("{} is no certificate", path.display()))?
            {
                client = client.with_root_certificate(authority);
            }
        }
        let region = settings.region.clone().or_else(|| {
            let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
            names.iter().find_map(|name| std::env::var(name).ok())
        });
        let mut bucket = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(region.unwrap_or_else(|| "us-east-1".to_owned()))
            .with_credentials(key.clone())
            // Not every storage deletes several objects by one request.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                max_retries: TRIES_AGAIN.0,
                retry_timeout: TRIES_AGAIN.1,
                ..RetryConfig::default()
            })
            .with_client_options(client)
            .with_allow_http(in_clear);
        if let Some(endpoint) = &settings.endpoint {
            bucket = bucket.with_endpoint(endpoint);
        }
        let prefix = match settings.prefix.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        Ok(S3 {
            bucket: bucket.build().context("[s3] in thubaocao.toml")?,
            url: settings.url(),
            prefix,
            key,
            lately: Arc::new(Mutex::new(Lately::in_folder(incoming))),
        })
    }

    /// `s3://bucket/prefix`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where an object lies, as it is told to people.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        Path::new(&self.url).join(name)
    }

    fn key(&self, name: impl std::fmt::Display) -> Key {
        Key::from(format!("{}{name}", self.prefix))
    }

    /// What an answer that was none means.
    fn unreachable(&self, e: &Refusal) -> Unreachable {
        // The cause comes last; before it stands how often it was asked.
        let mut cause: &dyn std::error::Error = e;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let said = cause.to_string();
        let (lack, says) = match self.key.read() {
            Err(e) => (Lack::Key, format!("{e:#}")),
            Ok(_) => (Lack::by(e, &said), said),
        };
        let says = says.split_whitespace().collect::<Vec<_>>().join(" ");
        let veil = Veil::of_places(vec![self.key.secret.clone()]);
        let says = truncated(&veil.over(&says), LONGEST_SAYING).to_owned();
        Unreachable {
            place: self.url.clone(),
            lack,
            says,
        }
    }

    /// Tries whether a content can be put, got, listed and deleted.
    ///
    /// # Errors
    /// When the storage is of no use.
    pub(crate) async fn trial(&self) -> Result<(), Unreachable> {
        let try_it = async || {
            let name = random_hex::<8>().map_err(|e| Refusal::Generic {
                store: "S3",
                source: e.into(),
            })?;
            let key = self.key(format_args!("thubaocao-{name}"));
            self.bucket.put(&key, name.clone().into()).await?;
            let got = self.bucket.get(&key).await?.bytes().await?;
            self.page(None, Some(1)).await?;
            self.bucket.delete(&key).await?;
            match got == name {
                true => Ok(()),
                false => Err(Refusal::Generic {
                    store: "S3",
                    source: "it gave something else than was put there".into(),
                }),
            }
        };
        try_it().await.map_err(|e| self.unreachable(&e))
    }

    async fn page(
        &self,
        page_token: Option<String>,
        max_keys: Option<usize>,
    ) -> object_store::Result<object_store::list::PaginatedListResult> {
        let options = PaginatedListOptions {
            delimiter: Some("/".into()),
            max_keys,
            page_token,
            ..PaginatedListOptions::default()
        };
        let prefix = Some(self.prefix.as_str()).filter(|p| !p.is_empty());
        self.bucket.list_paginated(prefix, options).await
    }

    /// Whether any content lies there. It is waited for: nothing else goes on before a store is opened.
    ///
    /// # Errors
    /// When that cannot be known.
    pub(crate) fn is_in_use(&self) -> Result<bool> {
        let ask = || -> Result<bool> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            // The trial of another process may lie there alone.
            let page = runtime.block_on(self.page(None, Some(10)));
            let objects = page.map_err(|e| self.unreachable(&e))?.result.objects;
            Ok(objects.iter().any(|o| self.content(&o.location).is_some()))
        };
        // A runtime cannot wait within another.
        let answer = std::thread::scope(|scope| scope.spawn(ask).join());
        answer.map_err(|_| anyhow!("{} was not asked", self.url))?
    }

    fn content(&self, key: &Key) -> Option<Sha256> {
        key.as_ref().strip_prefix(&self.prefix)?.parse().ok()
    }

    /// All that lies under the prefix, but for what lies deeper.
    pub(super) async fn names(&self) -> Result<Names, Unreachable> {
        let mut names = Names::default();
        let mut next = None;
        loop {
            let page = self.page(next, None).await;
            let page = page.map_err(|e| self.unreachable(&e))?;
            for object in page.result.objects {
                match self.content(&object.location) {
                    Some(name) => names.named.push(name),
                    None => {
                        let key = object.location.as_ref();
                        let name = key.strip_prefix(&self.prefix).unwrap_or(key);
                        names.strays.push(self.place(name));
                    }
                }
            }
            next = page.page_token;
            if next.is_none() {
                names.named.sort_unstable();
                return Ok(names);
            }
        }
    }

    /// Puts contents, some at a time, and gives their names. All of them are there when this returns; what lay under a
    /// name before is replaced.
    pub(super) async fn put_all<C: AsRef<[u8]>>(
        &self,
        contents: &[C],
    ) -> Result<Vec<Sha256>, Unreachable> {
        let mut names = Vec::with_capacity(contents.len());
        for some in contents.chunks(AT_ONCE) {
            let put = async |content: &[u8]| {
                let name = Sha256::of(content);
                let key = self.key(name);
                let put = self.bucket.put(&key, content.to_vec().into()).await;
                put.map(|_| name)
            };
            for put in together(some.iter().map(|content| put(content.as_ref()))).await {
                names.push(put.map_err(|e| self.unreachable(&e))?);
            }
        }
        let mut lately = self.lately();
        for (name, content) in names.iter().zip(contents) {
            lately.keep(*name, content.as_ref());
        }
        Ok(names)
    }

    /// Puts contents that lie on this machine, some at a time. What the folder has under its name already is put, too: it
    /// may be from before the archive moved.
    pub(super) async fn keep(&self, coming: Vec<Coming>, folder: &Folder) -> Result<()> {
        for some in coming.chunks(AT_ONCE) {
            let read = |coming: &Coming| match &coming.file {
                Some(file) => Ok(fs::read(file.path())?),
                None => folder.get(coming.name),
            };
            let contents = some.iter().map(read).collect::<Result<Vec<_>>>()?;
            self.put_all(&contents).await?;
        }
        Ok(())
    }

    pub(super) async fn remove(&self, name: Sha256) -> Result<(), Unreachable> {
        self.lately().forget(name);
        match self.bucket.delete(&self.key(name)).await {
            Ok(()) | Err(Refusal::NotFound { .. }) => Ok(()),
            Err(e) => Err(self.unreachable(&e)),
        }
    }

    /// An object; `None` where there is none.
    async fn object(&self, name: Sha256) -> Result<Option<Vec<u8>>, Unreachable> {
        let read = async || self.bucket.get(&self.key(name)).await?.bytes().await;
        match read().await {
            Ok(content) => Ok(Some(content.into())),
            Err(Refusal::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.unreachable(&e)),
        }
    }

    pub(super) async fn soundness(&self, name: Sha256) -> Result<Soundness, Unreachable> {
        Ok(match self.object(name).await? {
            None => Soundness::Missing,
            Some(content) if Sha256::of(&content) == name => Soundness::Sound,
            Some(_) => Soundness::Damaged,
        })
    }

    pub(super) async fn glance(&self, name: Sha256) -> Result<Soundness, Unreachable> {
        match self.bucket.head(&self.key(name)).await {
            Ok(_) => Ok(Soundness::Sound),
            Err(Refusal::NotFound { .. }) => Ok(Soundness::Missing),
            Err(e) => Err(self.unreachable(&e)),
        }
    }

    pub(super) async fn get(&self, name: Sha256) -> Result<Vec<u8>> {
        if let Some(content) = self.lately().get(name) {
            return Ok(content);
        }
        let place = self.place(&name.to_string());
        match self.object(name).await? {
            None => bail!("{} does not exist", place.display()),
            Some(content) => whole(content, name, &place),
        }
    }

    fn lately(&self) -> std::sync::MutexGuard<'_, Lately> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was put last, on this machine. It goes when the next service starts, or when there is too much of it; that one
/// cannot be written or read costs no more than asking the storage.
#[derive(Debug)]
struct Lately {
    folder: PathBuf,
    /// The oldest first, with their bytes.
    kept: VecDeque<(Sha256, u64)>,
    bytes: u64,
}

impl Lately {
    fn in_folder(folder: PathBuf) -> Lately {
        Lately {
            folder,
            kept: VecDeque::new(),
            bytes: 0,
        }
    }

    fn path(&self, name: Sha256) -> PathBuf {
        self.folder.join(name.to_string())
    }

    fn keep(&mut self, name: Sha256, content: &[u8]) {
        if self.kept.iter().any(|(kept, _)| *kept == name) {
            return;
        }
        let write = || -> std::io::Result<()> {
            let mut file = NamedTempFile::new_in(&self.folder)?;
            file.write_all(content)?;
            file.persist(self.path(name))?;
            Ok(())
        };
        if write().is_err() {
            return;
        }
        let bytes = content.len() as u64;
        self.kept.push_back((name, bytes));
        self.bytes += bytes;
        while self.bytes > AT_HAND
            && let Some((oldest, _)) = self.kept.front()
        {
            self.forget(*oldest);
        }
    }

    fn forget(&mut self, name: Sha256) {
        if let Some(at) = self.kept.iter().position(|(kept, _)| *kept == name) {
            let _ = fs::remove_file(self.path(name)); // what stays goes at the next start
            self.bytes -= self.kept.remove(at).map_or(0, |(_, bytes)| bytes);
        }
    }

    fn get(&self, name: Sha256) -> Option<Vec<u8>> {
        let content = fs::read(self.path(name)).ok()?;
        (Sha256::of(&content) == name).then_some(content)
    }
}

impl Drop for Lately {
    fn drop(&mut self) {
        for (name, _) in std::mem::take(&mut self.kept) {
            let _ = fs::remove_file(self.path(name)); // the same
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_of_what_was_put_last_is_at_hand_and_goes_with_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let mut lately = Lately::in_folder(dir.path().to_owned());
        let names = [b"a", b"b", b"c"].map(|c| Sha256::of(c));
        for (content, name) in [b"a", b"b", b"c"].iter().zip(names) {
            lately.keep(name, *content);
            lately.keep(name, *content);
        }
        assert_eq!(lately.bytes, 3);
        lately.forget(names[1]);
        assert_eq!(lately.get(names[1]), None);
        // The oldest makes room, and what was changed is not believed.
        lately.kept[0].1 = AT_HAND;
        lately.bytes = AT_HAND + 1;
        lately.keep(names[1], b"b");
        assert_eq!(lately.get(names[0]), None);
        assert_eq!(lately.get(names[2]), Some(b"c".to_vec()));
        fs::write(lately.path(names[2]), "x").unwrap();
        assert_eq!(lately.get(names[2]), None);
        drop(lately);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
