//! Memo and search attributes: what the guest sees of them, and sets.

use super::*;
use refrain_core::payload::PayloadMap;

impl Run {
    pub(crate) fn upsert_search(&mut self, attributes: PayloadMap) -> Result<(), Stop> {
        self.check_phase("state.upsert-search-attributes")?;
        attributes::merge(&mut self.attributes.search, &attributes);
        self.push(Command::Attributes(attributes::Command::UpsertSearch(attributes)))
    }

    pub(crate) fn upsert_memo(&mut self, memo: PayloadMap) -> Result<(), Stop> {
        self.check_phase("state.upsert-memo")?;
        attributes::merge(&mut self.attributes.memo, &memo);
        self.push(Command::Attributes(attributes::Command::UpsertMemo(memo)))
    }

    pub(crate) fn attributes(&self) -> &attributes::Attributes {
        &self.attributes
    }
}
