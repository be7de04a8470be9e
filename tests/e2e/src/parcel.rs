//! The example `search-attributes`, as the tests and the golden histories play it.

/// What a parcel says of itself, as `--search-attribute` takes it: one of each type.
pub const ATTRIBUTES: [&str; 7] = [
    "Stage=Keyword",
    "Items=Int",
    "Weight=Double",
    "Express=Bool",
    "Due=Datetime",
    "Labels=KeywordList",
    "Address=Text",
];
