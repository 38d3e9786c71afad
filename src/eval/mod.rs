//! Scores a plan against what a scenario asks for, by code that looks at commands and not at words.
