//! The detectors: one file each, what they find and what they leave alone.

mod authorization;
mod aws_key;
mod card;
mod command_line;
mod cookie;
mod email;
mod encoded;
mod high_entropy;
mod host_field;
mod identity;
mod internal_host;
mod ipv4;
mod ipv6;
mod kubernetes_secret;
mod labelled;
mod network_device;
mod password_hash;
mod pgpass;
mod phone;
mod piped;
mod private_key;
mod public_key;
mod share;
mod spoken;
mod sql_password;
mod url;
mod user_pair;
mod vendor_token;

use super::scan::Detector;

/// Every detector.
pub const DETECTORS: &[Detector] = &[
    labelled::DETECTOR,
    share::DETECTOR,
    spoken::DETECTOR,
    command_line::DETECTOR,
    piped::DETECTOR,
    user_pair::DETECTOR,
    url::DETECTOR,
    vendor_token::DETECTOR,
    aws_key::DETECTOR,
    private_key::DETECTOR,
    public_key::DETECTOR,
    encoded::DETECTOR,
    authorization::DETECTOR,
    cookie::DETECTOR,
    kubernetes_secret::DETECTOR,
    password_hash::DETECTOR,
    pgpass::DETECTOR,
    sql_password::DETECTOR,
    network_device::DETECTOR,
    high_entropy::DETECTOR,
    host_field::DETECTOR,
    internal_host::DETECTOR,
    ipv4::DETECTOR,
    ipv6::DETECTOR,
    email::DETECTOR,
    phone::DETECTOR,
    identity::DETECTOR,
    card::DETECTOR,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_detector_says_in_its_own_words_what_it_finds() {
        let mut said: Vec<&str> = DETECTORS.iter().map(|detector| detector.finds).collect();
        assert!(said.iter().all(|words| words.len() > 5));
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), DETECTORS.len());
    }
}
