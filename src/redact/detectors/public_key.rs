//! What looks random and is public: keys to be given away, fingerprints, digests.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

/// Marks public keys, fingerprints and digests, so that nothing takes them for secrets by their looks.
pub const DETECTOR: Detector = Detector {
    finds: "public keys and digests, which stay",
    trigger: Trigger::Literals(
        &[
            "ssh-rsa ",
            "ssh-ed25519 ",
            "ssh-dss ",
            "ecdsa-sha2-nistp",
            "sk-ssh-",
            "sk-ecdsa-",
            "SHA256:",
            "SHA512:",
            "SHA1:",
            "MD5:",
            "sha256-",
            "sha384-",
            "sha512-",
            "sha256:",
            "sha512:",
            "sha1-",
            "digest",
            "fingerprint",
            "checksum",
            "public key",
            "publickey",
            "public_key",
            "pubkey",
            "etag",
            "integrity",
            "content-md5",
            "request-id",
            "requestid",
            "x-amz-id-2",
            "version-id",
            "versionid",
            "certificate-authority-data",
            "client-certificate-data",
            "ca.crt",
            "tls.crt",
            "cabundle",
            "certificate",
            "peer: ",
            "nonce",
            "host key",
            "hostkey",
            "resourceversion",
            "cursor",
            "trace",
            "minisign",
            "x-amz-request",
            "cluster_id",
            "clusterid",
            "cluster id",
            "uuid",
            "invocation",
        ],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let inside = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_' | b'.' | b':' | b'@')
    };
    let mut at = text.forward_within(hit.end, 48, |b| !inside(b) && b != b'\n');
    // The kind of the key or the algorithm may stand in between.
    finds.public(hit.start..text.forward(hit.end, inside));
    for _ in 0..3 {
        let end = text.forward(at, inside);
        if end == at {
            break;
        }
        finds.public(at..end);
        if end - at > 30 {
            return end;
        }
        at = text.forward_within(end, 8, |b| !inside(b) && b != b'\n');
    }
    hit.end
}
