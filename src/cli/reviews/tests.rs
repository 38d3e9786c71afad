//! What each format says of the same files.
