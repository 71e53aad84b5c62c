//! What the texts of acts must be.

use kaibiao_crypto::bid::check_names;

use crate::act::{Attachment, Representative};
use crate::refusal::{Refusal, RefusalCode};
use crate::text::{is_media_type, is_text};

/// The most characters of an objection, a reply, a remark or a wish for a
/// corrected record.
pub(super) const LONG: usize = 20_000;

/// The most characters of a reason, a message or a question.
pub(super) const SHORT: usize = 2000;

/// Checks a long text with its attachments.
pub(super) fn says(text: &str, attachments: &[Attachment]) -> Result<(), Refusal> {
    is_text(text, LONG)?;
    are_attachments(attachments)
}

/// Checks a text that may be left out.
pub(super) fn is_optional(text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        Ok(())
    } else {
        is_text(text, SHORT)
    }
}

/// Checks that attachments can be listed: at most 20 of at most 1 TiB (2^40
/// bytes) each, whose names a document could have.
pub(super) fn are_attachments(attachments: &[Attachment]) -> Result<(), Refusal> {
    if attachments.len() <= 20 && attachments.iter().all(is_attachment) {
        Ok(())
    } else {
        Err(RefusalCode::WrongText.into())
    }
}

/// Whether the files of a notice can be listed: at most 50, no two of one name.
pub(crate) fn are_of_a_notice(attachments: &[Attachment]) -> bool {
    let names = attachments.iter().map(|it| it.name.as_str());
    attachments.len() <= 50 && attachments.iter().all(is_attachment) && check_names(names).is_ok()
}

fn is_attachment(attachment: &Attachment) -> bool {
    check_names([attachment.name.as_str()]).is_ok()
        && is_media_type(&attachment.media_type)
        && attachment.size <= 1 << 40
}

/// Checks the texts of the person who attends for a bidder.
pub(super) fn is_representative(person: &Representative) -> Result<(), Refusal> {
    is_text(&person.name, 100)?;
    is_text(&person.phone, 40)?;
    is_text(&person.identity, 40)?;
    is_text(&person.identity_number, 40)
}
