//! Passwords told in Chinese, and in a few words of other languages.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::redact::found::Finds;
use crate::redact::plausible::{Mix, placeholder};
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;
use crate::redact::value::{read, whole};

/// `密码是 X`, `口令：X`, `密码改成了「X」`, `contraseña: X`, `mot de passe : X`, `пароль X`.
pub const DETECTOR: Detector = Detector {
    finds: "passwords in Chinese and other languages",
    trigger: Trigger::Literals(
        &[
            "密码",
            "密碼",
            "口令",
            "密钥",
            "密鑰",
            "秘钥",
            "密匙",
            "令牌",
            "授权码",
            "提取码",
            "验证码",
            "驗證碼",
            "动态码",
            "私钥",
            "暗号",
            "登录码",
            "管理码",
            "凭证",
            "凭据",
            "パスワード",
            "暗証番号",
            "비밀번호",
            "contraseña",
            "contrasena",
            "mot de passe",
            "senha",
            "пароль",
            "пароля",
            "парол",
            "wachtwoord",
            "lösenord",
            "hasło",
            "parola",
        ],
        look,
    ),
};

/// What may stand between the word and its value: a few words, then `是`, `为`, a colon, or a blank or bracket alone.
static JOIN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = concat!(
        r#"^["'`*]*(?:[\p{Han}\w@.\-/ ()]{0,20}?(?:是|为|為|成了?|叫做?|:|=|→|->|は|はは|ist|est|es|é|jest|это)|[\p{Han}]{0,6}\s*[("'\[`]|\s+|)"#,
        r#"(?:[ \t*]|:|=|\[|\()*"#
    );
    Regex::new(pattern).expect("a fixed pattern")
});

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let window = text.ahead(hit.end, 120);
    let Some(join) = JOIN.find(window) else {
        return hit.end;
    };
    let word = &text.all[hit.clone()];
    let mut at = hit.end + join.end();
    let mut joined = text.all[hit.end..at]
        .contains(['是', '为', '為', '成', ':', '=', '"', '(', '[', '叫', 'は', '→'])
        || text.all[hit.end..at].trim().ends_with("est")
        || text.all[hit.end..at].trim().ends_with("es");
    // An opening quote that the pattern took belongs to the value.
    if matches!(text.before(at), b'"' | b'\'' | b'`') {
        at -= 1;
    } else if at == hit.end + window.len() && matches!(text.byte(at), b'\n' | b'\r') {
        at = text.forward_within(at, 8, |b| matches!(b, b'\r' | b'\n' | b' ' | b'\t'));
        joined = false;
    }
    let Some(value) = read(text, at, hit.start) else {
        return hit.end;
    };
    let content = text.part(value.range.clone());
    let graphic = content.bytes().take_while(|b| (b'!'..=b'~').contains(b)).count();
    let code = matches!(word, "验证码" | "驗證碼" | "动态码" | "提取码" | "暗証番号");
    let digits = content.bytes().filter(u8::is_ascii_digit).count();
    let mixed =
        digits > 0 && content.bytes().any(|b| b.is_ascii_alphabetic() || b.is_ascii_punctuation());
    let credential = matches!(word, "凭证" | "凭据");
    let enough = if code { digits >= 4 || graphic == 4 } else { graphic >= 4 || value.quoted };
    let letters = Mix::of(content);
    let believable = joined && (!credential || mixed)
        || (mixed || letters.turns >= 2 || letters.upper > 1 && letters.lower > 1) && graphic >= 6
        || digits >= 6
        || content.bytes().any(|b| b"!@#$%^&*".contains(&b)) && graphic >= 6;
    if graphic == 0
        && value.quoted
        && joined
        && content.chars().count() >= 3
        && !placeholder(content)
    {
        finds.secret(value.range.clone());
        return value.range.end;
    }
    if graphic > 0 && enough && believable && !placeholder(content) && !named(content) {
        // `密码：admin/X` tells the user first.
        let start = match content.split_once('/') {
            Some((user, secret))
                if user.len() < 16
                    && secret.len() >= 4
                    && text.behind(hit.start, 24).contains(['户', '号', '名', '/']) =>
            {
                value.range.end - secret.len()
            }
            Some(_) | None => value.range.start,
        };
        let end = whole(text, &value, hit.start).end;
        finds.secret(start..end);
        return end;
    }
    hit.end
}

/// A word that names a file, an option or a kind instead.
fn named(content: &str) -> bool {
    let lower = content.to_ascii_lowercase();
    lower.starts_with('/') && lower.matches('/').count() > 1
        || lower.ends_with(".conf")
        || lower.ends_with(".txt")
        || lower.ends_with(".kdbx")
        || [
            "vault",
            "keepass",
            "1password",
            "bitwarden",
            "postgres",
            "mysql",
            "root",
            "admin",
            "ldap",
            "postgresql",
            "openssl",
            "mongodb",
            "ssh",
            "redis",
            "hash",
        ]
        .contains(&lower.as_str())
}
