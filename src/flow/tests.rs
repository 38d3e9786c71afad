//! Sessions as a person goes through them, without terminal, clock or disk.
