//! `[document]`: how official documents begin and end.

use super::settings::Department;
use super::source::Section;

/// What the frame of an official document says (NĐ 30/2020, annex I).
#[derive(Clone, Debug)]
pub struct Official {
    /// Whom the issuing body belongs to (cơ quan chủ quản), if anybody.
    pub superior: Option<String>,
    /// The issuing body.
    pub issuer: String,
    /// Where it has its seat, for the line of the date; `None`: filled in by hand.
    pub place: Option<String>,
    /// What stands behind the number of a letter (`LĐLĐ-CSPL`); `None`: filled in by hand.
    pub symbol: Option<String>,
    /// By what right and in which office a document is signed, a line each.
    pub signed_by: Vec<String>,
}

/// The decree's own words for what is to be filled in.
const SIGNED_BY: &str = "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ";

/// Reads `[document]`; without it the federation issues documents, and the rest is filled in by hand.
pub(super) fn parse(s: Option<Section<'_>>, department: &Department) -> Official {
    let text = |key| s.as_ref().and_then(|s| s.text(key));
    let official = Official {
        superior: text("superior"),
        issuer: text("issuer").unwrap_or_else(|| department.federation.clone()),
        place: text("place"),
        symbol: text("symbol"),
        signed_by: s
            .as_ref()
            .and_then(|s| s.texts("signed_by"))
            .unwrap_or_else(|| vec![SIGNED_BY.to_owned()]),
    };
    if let Some(s) = s {
        s.finish();
    }
    official
}
