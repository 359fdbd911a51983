//! The quotas in `docs/operations.md` are those of the code.

use chinwag_chat::{
    BANNED_ADDRESSES_MAX, BLOCKS_MAX, CONVERSATIONS_MAX, DRAFTS_MAX, GROUP_MEMBERS_MAX, INVITES_MAX,
    KEYS_MAX, OWNED_GROUPS_MAX, PINS_MAX, REACTIONS_MAX, RECEIPTS_MEMBERS_MAX, REQUEST_MESSAGES_MAX,
};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");

#[test]
fn the_document_has_every_quota() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (_, table) = document.split_once("<!-- quotas -->").unwrap();
    let (table, _) = table.split_once("<!-- end of quotas -->").unwrap();
    let rows: Vec<(String, u64)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| {
            let (name, rest) = row.split_once('`').unwrap();
            let most = rest.split('|').nth(1).unwrap().trim().replace(',', "");
            (name.to_owned(), most.parse().unwrap())
        })
        .collect();
    let expected = [
        ("GROUP_MEMBERS_MAX", GROUP_MEMBERS_MAX),
        ("OWNED_GROUPS_MAX", OWNED_GROUPS_MAX),
        ("CONVERSATIONS_MAX", CONVERSATIONS_MAX),
        ("INVITES_MAX", INVITES_MAX as u64),
        ("BLOCKS_MAX", BLOCKS_MAX),
        ("DRAFTS_MAX", DRAFTS_MAX),
        ("RECEIPTS_MEMBERS_MAX", RECEIPTS_MEMBERS_MAX),
        ("REQUEST_MESSAGES_MAX", REQUEST_MESSAGES_MAX),
        ("REACTIONS_MAX", REACTIONS_MAX as u64),
        ("PINS_MAX", PINS_MAX),
        ("KEYS_MAX", KEYS_MAX),
        ("BANNED_ADDRESSES_MAX", BANNED_ADDRESSES_MAX),
    ];
    assert_eq!(rows, expected.map(|(name, most)| (name.to_owned(), most)));
}
