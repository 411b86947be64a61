//! Unsubscribe.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/unsubscribe-operation>

use super::operation::Call;
use super::soap::Answer;

/// Ends one subscription.
pub fn run(call: &Call<'_>) -> String {
    let id = call
        .request
        .child_text("SubscriptionId")
        .unwrap_or_default();
    let mut answer = Answer::new("Unsubscribe");
    match call.world.exchange().unsubscribe(id) {
        Ok(()) => answer.success(|_| {}),
        Err(failure) => answer.failure(failure, ""),
    }
    answer.finish()
}
