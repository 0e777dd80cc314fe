//! How all units stand, in words.

/// That mails hold the reminders of many.
pub(super) fn many_are_held(held: usize, of: usize) -> String {
    format!(
        "{held} trong số {of} đơn vị tạm chưa được nhắc vì có thư chờ xử lý; đề nghị xử lý các thư đó trước"
    )
}
