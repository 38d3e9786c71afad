//! FS018: a copy that is not the original.

use crate::check::Context;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Argument;

/// A picture in a smaller JPEG is another picture.
pub const RULE: Rule = Rule {
    code: "FS018",
    name: "copy-loses-quality",
    severity: Severity::Medium,
    summary: "pictures, sound or film are converted with loss on their way into a backup",
    why: "what was left out cannot be had back, and the checksums of original and copy differ for ever",
    fix: "copy the files as they are, and compress without loss (`zstd`, `xz`); keep smaller versions beside the originals, not in their place",
    source: "jpegoptim(1), -m: \"disables lossless optimization mode … will reduce quality\"; ffmpeg(1), Stream copy: without it streams are decoded and encoded again",
    layer: "static",
    bad: &[
        Example::Script(
            "for f in /srv/photos/*.png; do convert \"$f\" -quality 80 \"/backup/photos/$(basename \"$f\" .png).jpg\"; done\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nmountpoint -q /mnt/backup\nfind /srv/film -name '*.mov' | while read -r f; do\n  ffmpeg -nostdin -i \"$f\" -crf 28 \"/mnt/backup/film/$(basename \"$f\").mp4\"\ndone\n",
        ),
        Example::Script("jpegoptim --max=75 /backup/photos/*.jpg\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# the originals go into the copy as they are; smaller pictures are made for the shop beside them
mountpoint -q /mnt/backup
rsync -aHAX --numeric-ids /srv/photos/ "/mnt/backup/photos-$(date +%F).partial/"
mv "/mnt/backup/photos-$(date +%F).partial" "/mnt/backup/photos-$(date +%F)"
convert /srv/photos/cover.png -resize 200x /srv/www/thumbs/cover.jpg
"#,
        ),
        Example::Script("cp -a /srv/photos /backup/photos.new\n"),
        Example::Script("ffmpeg -i /srv/film/a.mov -c copy /backup/film/a.mkv\n"),
        Example::Script(
            "convert /srv/photos/a.png -resize 200x /srv/www/thumbs/a.jpg\njpegoptim --strip-none /backup/photos/a.jpg\n",
        ),
        Example::Script("set -e\nffmpeg -i in.wav -c:a flac /backup/sound/in.flac\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&[
        "ffmpeg",
        "avconv",
        "convert",
        "magick",
        "mogrify",
        "cjpeg",
        "cwebp",
        "jpegoptim",
        "pngquant",
        "lame",
        "oggenc",
    ]) {
        let command = run.command;
        let words: Vec<String> =
            command.arguments().iter().map(|a| a.shown().into_owned()).collect();
        let ends = |word: &String, endings: &[&str]| {
            endings.iter().any(|end| word.to_ascii_lowercase().ends_with(end))
        };
        let lossy = match command.name() {
            Some("ffmpeg" | "avconv") => {
                let whole = words.windows(2).any(|w| {
                    matches!(w[0].as_str(), "-c" | "-codec" | "-c:v" | "-c:a")
                        && matches!(w[1].as_str(), "copy" | "flac" | "ffv1")
                });
                !whole && words.last().is_some_and(|w| !ends(w, &[".flac", ".wav", ".png"]))
            }
            Some("convert" | "magick" | "mogrify" | "cjpeg" | "cwebp") => {
                words.iter().any(|w| ends(w, &[".jpg", ".jpeg", ".webp"]))
            }
            Some("jpegoptim") => {
                words.iter().any(|w| w.starts_with("--max") || w.starts_with("-m"))
            }
            Some("pngquant" | "lame" | "oggenc") => true,
            _ => false,
        };
        let kept = words
            .last()
            .is_some_and(|w| looks_backup(&command.path(&Argument::text(w, command.span))));
        if lossy && kept {
            let message = "the copy has less in it than the original".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
}
