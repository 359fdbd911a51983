//! The tables that both stores have, and their rows as neither has them.

use crate::checksum::Checksum;

/// What a column holds, by the name that PostgreSQL has for it. SQLite knows integers, blobs and texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bigint,
    Integer,
    Smallint,
    Boolean,
    Bytea,
    Text,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bigint => "bigint",
            Self::Integer => "integer",
            Self::Smallint => "smallint",
            Self::Boolean => "boolean",
            Self::Bytea => "bytea",
            Self::Text => "text",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    /// A truth, too: 0 or 1.
    Integer(i64),
    Bytes(Vec<u8>),
    Text(String),
}

impl Value {
    pub(crate) fn add_to(&self, checksum: &mut Checksum) {
        match self {
            Self::Null => checksum.null(),
            Self::Integer(number) => checksum.integer(*number),
            Self::Bytes(bytes) => checksum.blob(bytes),
            Self::Text(text) => checksum.text(text.as_bytes()),
        }
    }
}

/// The values of a table's columns.
pub(crate) type Row = Vec<Value>;

/// A table, whose first columns are its key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) keys: usize,
    pub(crate) columns: &'static [(&'static str, Kind)],
}

impl Table {
    fn names(&self, count: usize) -> String {
        self.columns[..count].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// All columns, separated by commas.
    pub(crate) fn all(&self) -> String {
        self.names(self.columns.len())
    }

    /// Selects the next rows in the order of the key; `parameter` writes the number of one. After a row if there was one,
    /// whose key is bound then.
    pub(crate) fn select(&self, after: bool, parameter: impl Fn(usize) -> String) -> String {
        let keys = self.names(self.keys);
        let bound = (1..=self.keys).map(parameter).collect::<Vec<_>>().join(", ");
        let place = if after { format!("WHERE ({keys}) > ({bound})") } else { String::new() };
        format!("SELECT {} FROM {} {place} ORDER BY {keys} LIMIT {}", self.all(), self.name, super::ROWS)
    }
}

/// In the order in which they are moved. The checksum of an event is its last column.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "event",
        keys: 1,
        columns: &[
            ("pos", Kind::Bigint),
            ("topic", Kind::Bytea),
            ("seq", Kind::Bigint),
            ("kind", Kind::Smallint),
            ("at", Kind::Bigint),
            ("sender", Kind::Bytea),
            ("n", Kind::Bigint),
            ("client_id", Kind::Bytea),
            ("hash", Kind::Bytea),
            ("target", Kind::Bigint),
            ("deleted_by", Kind::Bigint),
            ("text", Kind::Text),
            ("detail", Kind::Text),
            ("checksum", Kind::Integer),
        ],
    },
    Table {
        name: "account",
        keys: 1,
        columns: &[
            ("id", Kind::Bytea),
            ("name", Kind::Text),
            ("lookalike", Kind::Boolean),
            ("version", Kind::Bigint),
            ("username", Kind::Text),
            ("about", Kind::Text),
            ("color", Kind::Smallint),
            ("conversations", Kind::Bigint),
            ("removed", Kind::Smallint),
        ],
    },
    Table {
        name: "device",
        keys: 1,
        columns: &[
            ("id", Kind::Bytea),
            ("account", Kind::Bytea),
            ("token_hash", Kind::Bytea),
            ("place", Kind::Bigint),
            ("name", Kind::Text),
            ("created_at", Kind::Bigint),
            ("seen_at", Kind::Bigint),
        ],
    },
    Table {
        name: "credential",
        keys: 1,
        columns: &[("account", Kind::Bytea), ("password", Kind::Text), ("version", Kind::Bigint)],
    },
    Table { name: "recovery_code", keys: 2, columns: &[("account", Kind::Bytea), ("hash", Kind::Bytea)] },
    Table {
        name: "conversation",
        keys: 1,
        columns: &[
            ("id", Kind::Bytea),
            ("kind", Kind::Smallint),
            ("slug", Kind::Text),
            ("slug_key", Kind::Text),
            ("owner", Kind::Bytea),
            ("title", Kind::Text),
            ("topic", Kind::Text),
            ("listed", Kind::Boolean),
            ("locked", Kind::Boolean),
            ("history_visible", Kind::Boolean),
            ("slow_mode_seconds", Kind::Integer),
            ("version", Kind::Bigint),
            ("members", Kind::Bigint),
        ],
    },
    Table {
        name: "member",
        keys: 2,
        columns: &[
            ("account", Kind::Bytea),
            ("conversation", Kind::Bytea),
            ("role", Kind::Smallint),
            ("since", Kind::Bigint),
            ("visible_from", Kind::Bigint),
            ("request", Kind::Boolean),
            ("from_seq", Kind::Bigint),
        ],
    },
    Table {
        name: "keyed",
        keys: 2,
        columns: &[
            ("topic", Kind::Bytea),
            ("key", Kind::Bytea),
            ("pos", Kind::Bigint),
            ("version", Kind::Bigint),
            ("at", Kind::Bigint),
            ("value", Kind::Text),
            ("checksum", Kind::Integer),
        ],
    },
    Table { name: "replaced", keys: 2, columns: &[("at", Kind::Bigint), ("pos", Kind::Bigint)] },
    Table {
        name: "compaction",
        keys: 1,
        columns: &[
            ("id", Kind::Integer),
            ("upto", Kind::Bigint),
            ("removed", Kind::Bigint),
            ("dropped", Kind::Bigint),
        ],
    },
    Table {
        name: "ruling",
        keys: 2,
        columns: &[
            ("kind", Kind::Smallint),
            ("subject", Kind::Bytea),
            ("since", Kind::Bigint),
            ("until", Kind::Bigint),
            ("name", Kind::Text),
            ("key", Kind::Bytea),
            ("seen", Kind::Bigint),
            ("account", Kind::Bytea),
        ],
    },
    Table { name: "block", keys: 2, columns: &[("account", Kind::Bytea), ("blocked", Kind::Bytea)] },
    Table {
        name: "presence",
        keys: 1,
        columns: &[("account", Kind::Bytea), ("invisible", Kind::Boolean), ("seen_at", Kind::Bigint)],
    },
    Table { name: "removal", keys: 1, columns: &[("account", Kind::Bytea), ("after", Kind::Bytea)] },
    Table {
        name: "erased",
        keys: 2,
        columns: &[("conversation", Kind::Bytea), ("account", Kind::Bytea), ("seq", Kind::Bigint)],
    },
    Table {
        name: "mark",
        keys: 2,
        columns: &[
            ("conversation", Kind::Bytea),
            ("seq", Kind::Bigint),
            ("reactions", Kind::Text),
            ("pinned", Kind::Bigint),
            ("pinned_pos", Kind::Bigint),
            ("pinned_at", Kind::Bigint),
            ("changed", Kind::Bigint),
        ],
    },
    Table {
        name: "reaction",
        keys: 4,
        columns: &[
            ("account", Kind::Bytea),
            ("conversation", Kind::Bytea),
            ("seq", Kind::Bigint),
            ("emoji", Kind::Text),
            ("by_seq", Kind::Bigint),
            ("pos", Kind::Bigint),
            ("at", Kind::Bigint),
            ("hidden", Kind::Boolean),
        ],
    },
    Table {
        name: "mention",
        keys: 3,
        columns: &[("account", Kind::Bytea), ("conversation", Kind::Bytea), ("seq", Kind::Bigint)],
    },
    Table { name: "mention_all", keys: 2, columns: &[("conversation", Kind::Bytea), ("seq", Kind::Bigint)] },
    Table {
        name: "restriction",
        keys: 2,
        columns: &[
            ("conversation", Kind::Bytea),
            ("account", Kind::Bytea),
            ("banned", Kind::Boolean),
            ("read_only", Kind::Boolean),
            ("muted_until", Kind::Bigint),
            ("wrote_at", Kind::Bigint),
        ],
    },
    Table {
        name: "invite",
        keys: 1,
        columns: &[
            ("id", Kind::Bytea),
            ("token_hash", Kind::Bytea),
            ("conversation", Kind::Bytea),
            ("maker", Kind::Bytea),
            ("expires", Kind::Bigint),
            ("uses", Kind::Bigint),
            ("made", Kind::Bigint),
        ],
    },
    Table {
        name: "idempotency",
        keys: 1,
        columns: &[
            ("key", Kind::Bytea),
            ("hash", Kind::Bytea),
            ("account", Kind::Bytea),
            ("device", Kind::Bytea),
            ("salt", Kind::Bytea),
            ("expires", Kind::Bigint),
        ],
    },
    Table {
        name: "epoch",
        keys: 1,
        columns: &[("number", Kind::Bigint), ("first", Kind::Bigint), ("id", Kind::Bytea)],
    },
    // What else it has tells one incarnation of a database from another, and is the target's own.
    Table {
        name: "installation",
        keys: 1,
        columns: &[
            ("id", Kind::Integer),
            ("cursor_key", Kind::Bytea),
            ("hash_key", Kind::Bytea),
            ("token_key", Kind::Bytea),
        ],
    },
];
