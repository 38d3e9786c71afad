//! The throw-away tree of the demo: an office's shared files, with everything a restore can get wrong.

use std::fs::{self, File, FileTimes};
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::base::Digest;

/// Makes the tree below `root`: 240 documents in 12 directories, odd names, links, a sparse file, empty
/// directories, private files, times from the past.
pub fn make(root: &Path) -> io::Result<()> {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for month in 1..=12 {
        let directory = root.join(format!("invoices/2026-{month:02}"));
        fs::create_dir_all(&directory)?;
        for number in 1..=20 {
            let path = directory.join(format!("invoice-{month:02}{number:03}.txt"));
            let mut file = File::create(&path)?;
            writeln!(
                file,
                "Invoice {month:02}{number:03}\nAmount {}.{:02} EUR",
                37 * number + month,
                (7 * number) % 100
            )?;
            let age = Duration::new(86_400 * (30 * month + number), 1_000 * number as u32);
            file.set_times(FileTimes::new().set_modified(long_ago + age))?;
        }
    }
    fs::create_dir_all(root.join("contracts/empty drawer"))?;
    write(
        &root.join("contracts/lease \"north\" (signed).txt"),
        "Lease of the north wing.\n",
        0o640,
    )?;
    write(&root.join("contracts/-rf"), "A file whose name looks like an option.\n", 0o644)?;
    write(&root.join("contracts/line\nbreak"), "A name with a line break.\n", 0o644)?;
    write(&root.join("payroll.csv"), "name,amount\nAda,4100\nGrace,4300\n", 0o600)?;
    fs::hard_link(root.join("payroll.csv"), root.join("payroll-current.csv"))?;
    symlink("invoices/2026-12", root.join("this-month"))?;
    write(&root.join("logo.bin"), "", 0o644)?;
    // Does not compress, as pictures do not.
    let logo: String = (0..4_000u32).map(|at| Digest::of(&at.to_le_bytes()).to_string()).collect();
    fs::write(root.join("logo.bin"), logo)?;
    let sparse = File::create(root.join("scan.img"))?;
    sparse.set_len(1 << 18)?;
    // Directories last: making files in them changed their times.
    for directory in ["contracts/empty drawer", "contracts", "invoices"] {
        File::open(root.join(directory))?.set_times(FileTimes::new().set_modified(long_ago))?;
    }
    Ok(())
}

/// Does to the tree what a clean-up script with an unset variable did: whole directories are gone, one file is cut
/// short, one is replaced, one has lost its mode.
pub fn damage(root: &Path) -> io::Result<()> {
    fs::remove_dir_all(root.join("invoices"))?;
    fs::remove_dir_all(root.join("contracts"))?;
    File::options().write(true).open(root.join("payroll.csv"))?.set_len(12)?;
    write(&root.join("logo.bin"), "not a picture\n", 0o644)?;
    fs::set_permissions(root.join("scan.img"), fs::Permissions::from_mode(0o777))?;
    fs::remove_file(root.join("this-month"))
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}
