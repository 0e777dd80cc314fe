//! Enums and their words.

/// Gives an enum without fields its words, as they stand in the store, in JSON or in a protocol, and all its values in
/// the order of this list. A value without a word does not compile.
macro_rules! words_of {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        #[allow(dead_code, unreachable_pub, reason = "not each type is known outside its room, nor listed")]
        impl $type {
            /// Each value, in the order in which they are told.
            pub const ALL: [$type; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word that stands for it outside the program.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}
pub(crate) use words_of;
