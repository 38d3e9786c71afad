//! Tokens that vendors made recognisable: a prefix, then characters of a known set.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::Mix;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

/// Cloud keys and tokens of code hosting, chat, payment, mail, models and monitoring.
pub const DETECTOR: Detector = Detector {
    finds: "keys and tokens of known vendors",
    trigger: Trigger::Literals(PREFIXES, look),
};

/// The characters behind a prefix.
#[derive(Debug, Clone, Copy)]
enum Set {
    /// Letters and digits.
    Letters,
    /// Capital letters and digits.
    Capitals,
    /// Letters, digits, `-` and `_`.
    Url,
    /// As in an URL, with dots, `=` and `/`, `+`.
    Wide,
    /// Hexadecimal.
    Hex,
}

impl Set {
    fn has(self, b: u8) -> bool {
        match self {
            Self::Letters => b.is_ascii_alphanumeric(),
            Self::Capitals => b.is_ascii_uppercase() || b.is_ascii_digit(),
            Self::Url => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'),
            Self::Wide => {
                b.is_ascii_alphanumeric()
                    || matches!(b, b'-' | b'_' | b'.' | b'=' | b'/' | b'+' | b'~')
            }
            Self::Hex => b.is_ascii_hexdigit(),
        }
    }
}

macro_rules! shapes {
    ($($prefix:literal $set:ident $least:literal,)+) => {
        /// Prefix, characters, how many at least. From the vendors' documentation and the rules of gitleaks.
        const SHAPES: &[(&str, Set, usize)] = &[$(($prefix, Set::$set, $least),)+];
        const PREFIXES: &[&str] = &[$($prefix,)+ "Q~", "hooks.slack.com/", "/bot", "open-apis/bot/", "webhook.office.com/", "outlook.office.com/webhook", "api/webhooks/", "robot/send?", "webhook/send?"];
    };
}

shapes! {
    "AKIA" Capitals 16, "ASIA" Capitals 16, "ABIA" Capitals 16, "ACCA" Capitals 16, "AIzaSy" Url 30, "AIza" Url 35, "ya29." Wide 20, "GOCSPX-" Url 24, "1//0" Url 30,
    "AKID" Letters 28, "LTAI" Letters 12, "STS.NU" Wide 20, "STS.NT" Wide 20, "JDC_" Letters 25, "AKLT" Url 30, "HPUA" Capitals 16, "ALTAK" Letters 18,
    "ghp_" Letters 30, "gho_" Letters 30, "ghu_" Letters 30, "ghs_" Letters 30, "ghr_" Letters 30, "github_pat_" Url 30,
    "glpat-" Wide 18, "gldt-" Url 18, "glrt-" Wide 18, "glcbt-" Url 18, "glptt-" Url 18, "glft-" Url 18, "glimt-" Url 18, "glagent-" Url 30, "gloas-" Url 30, "glsoat-" Url 18, "glffct-" Url 18, "GR1348941" Url 18,
    "xoxb-" Url 20, "xoxp-" Url 20, "xoxa-" Url 20, "xoxr-" Url 20, "xoxs-" Url 20, "xoxe-" Url 20, "xoxe.xox" Wide 20, "xapp-" Url 20, "xoxo-" Url 20, "xoxc-" Url 20, "xoxd-" Wide 20, "xwfp-" Url 20,
    "npm_" Letters 30, "pypi-" Url 40, "rubygems_" Hex 40, "oy2" Letters 43, "crates_" Letters 30, "cio" Letters 32, "CLOJARS_" Letters 50,
    "sk_live_" Letters 10, "sk_test_" Letters 10, "rk_live_" Letters 10, "rk_test_" Letters 10, "whsec_" Wide 20, "sq0csp-" Url 30, "sq0atp-" Url 20, "EAAAl" Url 50, "shpat_" Hex 30, "shpss_" Hex 30, "shpca_" Hex 30, "shppa_" Hex 30,
    "hvs." Url 20, "hvb." Url 20, "hvr." Url 20, "s.vault" Letters 20, "glsa_" Url 30, "glc_" Wide 32, "eyJrIjoi" Wide 30,
    "sk-ant-" Url 20, "sk-proj-" Url 20, "sk-svcacct-" Url 20, "sk-admin-" Url 20, "sk-or-v1-" Hex 30, "sk-lf-" Url 20, "sk-" Letters 20, "gsk_" Letters 30, "xai-" Letters 40, "pplx-" Letters 30, "r8_" Letters 30, "hf_" Letters 28, "api_org_" Letters 28, "AIPA" Url 35, "nvapi-" Url 40, "fw_" Letters 24, "tgp_v1_" Url 30, "cpk_" Wide 30, "jina_" Url 40, "tvly-" Url 20, "bce-v3/ALTAK-" Wide 20,
    "SG." Wide 40, "key-" Hex 32, "xkeysib-" Url 40, "xsmtpsib-" Url 40, "re_" Url 24, "SK" Hex 32, "AC" Hex 32, "pubkey-" Hex 32, "mailgun-" Url 30,
    "dop_v1_" Hex 40, "doo_v1_" Hex 40, "dor_v1_" Hex 40, "do_oa_" Hex 40, "HRKU-" Url 30, "rnd_" Letters 20, "fo1_" Url 40, "fm1_" Wide 40, "FlyV1 " Wide 40, "nfp_" Letters 30, "vercel_" Letters 20, "dp.pt." Letters 30, "dp.st." Wide 30, "dp.ct." Letters 30,
    "sbp_" Hex 36, "sb_secret_" Url 20, "pscale_tkn_" Wide 30, "pscale_pw_" Wide 30, "pscale_oauth_" Wide 30, "neon_" Letters 40, "napi_" Letters 40,
    "dckr_pat_" Url 24, "dckr_oat_" Url 24, "AKCp" Letters 60, "cmVmdGtu" Letters 50, "pat-na1-" Url 30, "ATATT3" Wide 60, "ATCTT3" Wide 60, "ATBB" Letters 28, "BBDC-" Url 40, "lin_api_" Letters 30, "ntn_" Letters 40, "secret_" Letters 40, "figd_" Url 38, "PMAK-" Url 50, "dt0c01." Wide 50, "dt0s01." Wide 50,
    "NRAK-" Letters 25, "NRII-" Url 30, "NRJS-" Hex 19, "NRSP-" Url 20, "sntrys_" Wide 40, "sntryu_" Hex 60, "phc_" Letters 40, "phx_" Letters 40, "pd+" Letters 18, "ddp_" Letters 30, "ddog_" Letters 30, "lip_" Url 30, "tskey-" Url 20, "cfut_" Letters 30, "v1.0-" Hex 24, "CFPAT-" Url 40, "LTK_" Url 30,
    "pul-" Hex 38, "tfp_" Url 30, ".atlasv1." Wide 50, "AGE-SECRET-KEY-1" Capitals 50, "ops_eyJ" Wide 60, "A3-" Capitals 30, "bkua_" Hex 38, "CCIPAT_" Url 40, "dapi" Hex 32, "doppler_" Wide 30, "EZAK" Letters 50, "FLWSECK" Url 30, "ico-" Letters 30, "ops-" Hex 40, "p8e-" Letters 30, "rdme_" Letters 60, "SCW" Capitals 17, "t1.9eu" Wide 40, "AQVN" Url 35, "y0_" Url 50, "wakatime_" Url 30, "waka_" Url 30, "zpka_" Letters 30, "sha256~" Url 40, "K10" Hex 50, "kubeadm_" Letters 20, "dsn_" Letters 30, "INFLUX_" Letters 40, "patp_" Url 30, "cfat_" Url 30, "ABSK" Wide 100, "bedrock-api-key-" Wide 30, "hch_" Letters 40, "wxp_" Letters 30, "lsv2_" Url 30,
}

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let prefix = &text.all[hit.clone()];
    if let Some(end) = address(text, &hit, prefix, finds) {
        return end;
    }
    let border = text.before(hit.start);
    let encoded = hit.start >= 3 && text.byte(hit.start - 3) == b'%';
    let escaped = hit.start >= 2 && text.byte(hit.start - 2) == b'\\';
    if border.is_ascii_alphanumeric() && !encoded && !escaped && !prefix.starts_with('.') {
        return hit.start;
    }
    for (start, set, least) in SHAPES {
        // The anchors are found whatever the case; the prefixes are exact.
        if *start != prefix {
            continue;
        }
        let end = text.forward_within(hit.end, 256, |b| set.has(b));
        let rest = &text.all[hit.end..end];
        // The short prefixes are beginnings of words too; a real token is random.
        let random = start.len() > 4
            || matches!(set, Set::Hex | Set::Capitals)
            || Mix::of(&rest[..rest.len().min(200)]).random();
        if rest.len() >= *least
            && random
            && !(matches!(set, Set::Hex) && start.len() < 3 && is_hash(text, end))
        {
            let from = if start.starts_with('.') {
                text.backward(hit.start, |b| b.is_ascii_alphanumeric())
            } else {
                hit.start
            };
            let end = text.forward(end, |b| set.has(b));
            finds.secret(from..end);
            return end;
        }
    }
    hit.start
}

/// A two-letter prefix with hexadecimal digits is a Twilio id only if it ends there.
fn is_hash(text: Text<'_>, end: usize) -> bool {
    text.byte(end).is_ascii_alphanumeric()
}

/// Secrets that are a part of an address or stand around a mark.
fn address(text: Text<'_>, hit: &Range<usize>, found: &str, finds: &mut Finds) -> Option<usize> {
    let path = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'/' | b'-' | b'_' | b'@' | b'.' | b'?' | b'=' | b'%')
    };
    let lower = found.to_ascii_lowercase();
    match lower.as_str() {
        // A client secret of Microsoft Entra: three characters, a digit, `Q~`, 31 or more.
        "q~" if found == "Q~" => {
            let start = text.backward(hit.start, |b| Set::Wide.has(b));
            let end = text.forward(hit.end, |b| Set::Wide.has(b));
            if hit.start - start == 4 && end - hit.end >= 31 {
                finds.secret(start..end);
            }
            Some(hit.end)
        }
        "hooks.slack.com/"
        | "webhook.office.com/"
        | "outlook.office.com/webhook"
        | "api/webhooks/"
        | "open-apis/bot/" => {
            let end = text.forward(hit.end, path);
            if end - hit.end >= 20 {
                finds.secret(hit.end..end);
            }
            Some(end)
        }
        // A bot of Telegram: digits, a colon, 35 characters.
        "/bot" => {
            let number = text.forward_within(hit.end, 12, |b| b.is_ascii_digit());
            if number - hit.end >= 6 && text.byte(number) == b':' {
                let end = text.forward(number + 1, |b| Set::Url.has(b));
                finds.secret(hit.end..end);
                return Some(end);
            }
            Some(hit.end)
        }
        "robot/send?" | "webhook/send?" => {
            let end = text.forward(hit.end, path);
            let key = text.all[hit.end..end].find('=').map_or(hit.end, |at| hit.end + at + 1);
            finds.secret(key..end);
            Some(end)
        }
        _ => None,
    }
}
