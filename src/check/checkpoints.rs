//! Files that hold the state of a model: what they are called, and where scripts keep them.

use super::python::{Python, TokenKind};
use crate::shell::path;

/// Tells whether a path is the file of a model or a checkpoint, by its name.
pub fn is_checkpoint(text: &str) -> bool {
    let name = path::file_name(text).to_ascii_lowercase();
    let endings = [
        ".pt",
        ".pth",
        ".ckpt",
        ".safetensors",
        ".h5",
        ".keras",
        ".onnx",
        ".gguf",
        ".pkl",
        ".joblib",
        ".npz",
        ".msgpack",
    ];
    endings.iter().any(|end| name.ends_with(end))
        || name.ends_with(".bin") && (name.contains("model") || name.contains("optimizer"))
}

/// Tells whether every run writes the same name: no number in it, nothing that is filled in.
pub fn is_one_name(text: &str) -> bool {
    let name = path::file_name(text);
    !name.contains(['{', '%', '$', '*']) && !name.chars().any(|c| c.is_ascii_digit())
}

/// Returns the texts in a range of tokens, and those that a name in it was given by a plain assignment.
pub fn texts<'p>(python: &'p Python<'_>, from: usize, to: usize) -> Vec<&'p str> {
    let tokens = &python.tokens;
    let mut found = Vec::new();
    for token in tokens.get(from..to).unwrap_or_default() {
        match token.kind {
            TokenKind::Text => found.push(token.text),
            TokenKind::Name => {
                let given = tokens.windows(3).filter(|three| {
                    three[0].text == token.text
                        && three[0].kind == TokenKind::Name
                        && three[1].text == "="
                        && three[2].kind == TokenKind::Text
                });
                found.extend(given.map(|three| three[2].text));
            }
            TokenKind::Number | TokenKind::Sign => {}
        }
    }
    found
}

/// Tells whether a source imports one of these modules.
pub fn imports(python: &Python<'_>, modules: &[&str]) -> bool {
    python
        .tokens
        .windows(2)
        .any(|pair| matches!(pair[0].text, "import" | "from") && modules.contains(&pair[1].text))
}
