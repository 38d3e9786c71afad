//! What was learned about how a model behind an endpoint wants to be asked.

use rusqlite::{OptionalExtension as _, Row, params};

use super::documents::unreadable;
use super::{Store, StoreError};
use crate::base::Timestamp;

/// What was learned of a model behind an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// In the words of whoever learned it.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Returns what is known of a model behind an endpoint.
    pub fn learned(&self, base_url: &str, model: &str) -> Result<Option<Learned>, StoreError> {
        self.read(|connection| {
            connection
                .query_row(
                    "SELECT learned, at FROM endpoints WHERE base_url = ?1 AND model = ?2",
                    [base_url, model],
                    learned,
                )
                .optional()
        })
    }

    /// Keeps what was learned in the place of what was known before.
    pub fn learn(
        &mut self,
        base_url: &str,
        model: &str,
        text: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO endpoints(base_url, model, learned, at) VALUES (?1, ?2, ?3, ?4)",
                params![base_url, model, text, at.to_string()],
            )
        })
        .map(drop)
    }
}

fn learned(row: &Row<'_>) -> rusqlite::Result<Learned> {
    let at: String = row.get(1)?;
    Ok(Learned { text: row.get(0)?, at: at.parse().map_err(|error| unreadable(1, error))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thing_learned_of_a_model_is_what_is_known_of_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut store = Store::open(directory.path()).expect("opens");
        let at: Timestamp = "2026-01-31T23:30:00Z".parse().expect("a time");
        assert_eq!(store.learned("http://h/v1", "m").expect("reads"), None);
        for text in ["strict", "text"] {
            store.learn("http://h/v1", "m", text, at).expect("writes");
        }
        store.learn("http://h/v1", "other", "object", at).expect("writes");
        let known = store.learned("http://h/v1", "m").expect("reads");
        assert_eq!(known, Some(Learned { text: "text".into(), at }));
    }
}
