//! The detectors: one file each, what they find and what they leave alone.
