//! What the SDK reports, in the words of the store.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::items::{Item, read_answered};
use super::schema;
use crate::store::{Committed, Limit, StoreError};

/// Any failure of a call that has no conditions: the store is unavailable, whatever the reason.
pub(super) fn unavailable<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    StoreError::Unavailable(Box::new(error))
}

/// The outcome of an update under a condition. `Ok(None)`: the condition did not hold.
pub(super) fn conditional<T>(
    outcome: Result<T, SdkError<UpdateItemError>>,
) -> Result<Result<T, Option<Item>>, StoreError> {
    match outcome {
        Ok(output) => Ok(Ok(output)),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                failed.item().map_or(Ok(()), schema::known)?;
                Ok(Err(failed.item().cloned()))
            }
            Some(UpdateItemError::TransactionConflictException(_)) => Err(StoreError::Conflict),
            _ => Err(unavailable(error)),
        },
    }
}

/// The places in a transaction of what says, when its condition does not hold, that there is nothing
/// to try again.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Of the answered request: when that one was there already, the request was answered before,
    /// whatever else does not hold.
    pub request: Option<usize>,
    /// Of the e-mail to park: it is no longer as it was found.
    pub email: Option<usize>,
    /// Of the mails: somebody else decided what becomes of one.
    pub mails: Vec<usize>,
    /// Of the limits.
    pub counted: Vec<(usize, Limit)>,
}

/// The outcome of a transaction.
pub(super) fn transaction(
    error: SdkError<TransactWriteItemsError>,
    places: Places,
) -> Result<Committed, StoreError> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        // A transaction that DynamoDB will never take, such as one of too many items: no matter how
        // often it is tried, and it is our mistake.
        if error.code() == Some("ValidationException") {
            return Err(StoreError::Corrupt(error.message().unwrap_or("refused").to_owned()));
        }
        return Err(unavailable(error));
    };
    let reasons = cancelled.cancellation_reasons();
    // Before all else: what a newer desk wrote fails conditions of which this one thinks otherwise.
    for item in reasons.iter().filter_map(|reason| reason.item()) {
        schema::known(item)?;
    }
    let code = |n: usize| reasons.get(n).and_then(|reason| reason.code()).unwrap_or("None");
    if let Some(n) = places.request
        && code(n) == "ConditionalCheckFailed"
        && let Some(item) = reasons.get(n).and_then(|reason| reason.item())
    {
        return read_answered(item).map(Committed::AlreadyAnswered);
    }
    let failed = |n: usize| code(n) == "ConditionalCheckFailed";
    if places.email.is_some_and(failed) {
        return Ok(Committed::EmailChanged);
    }
    if places.mails.iter().any(|n| failed(*n)) {
        return Ok(Committed::AlreadyHandled);
    }
    if let Some((_, limit)) = places.counted.into_iter().find(|(n, _)| failed(*n)) {
        return Ok(Committed::OverLimit(limit));
    }
    let codes: Vec<_> = (0..reasons.len()).map(code).collect();
    if codes.iter().any(|code| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict")) {
        return Err(StoreError::Conflict);
    }
    if codes.contains(&"ValidationError") || codes.contains(&"ItemCollectionSizeLimitExceeded") {
        let message = error.message().unwrap_or("the transaction was refused").to_owned();
        return Err(StoreError::Corrupt(message));
    }
    Err(unavailable(error))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    /// What a transaction comes to that is cancelled, with a code for each of its items.
    fn cancelled(codes: &[&str]) -> Result<Committed, StoreError> {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build());
        let cancelled = TransactionCanceledException::builder()
            .set_cancellation_reasons(Some(reasons.collect()))
            .build();
        let answer = HttpResponse::new(400.try_into().unwrap(), SdkBody::empty());
        let error = TransactWriteItemsError::TransactionCanceledException(cancelled);
        transaction(SdkError::service_error(error, answer), Places::default())
    }

    #[test]
    fn what_is_tried_again_is_told_from_what_never_can_be_done() {
        let told = |outcome| match outcome {
            Err(StoreError::Conflict) => "again, on what is there then",
            Err(StoreError::Unavailable(_)) => "later",
            Err(StoreError::Corrupt(_)) => "never",
            other => panic!("{other:?}"),
        };
        for (code, expected) in [
            ("ConditionalCheckFailed", "again, on what is there then"),
            ("TransactionConflict", "again, on what is there then"),
            ("ThrottlingError", "later"),
            ("ProvisionedThroughputExceeded", "later"),
            ("ValidationError", "never"),
            ("ItemCollectionSizeLimitExceeded", "never"),
            ("OfAnotherYear", "later"),
        ] {
            assert_eq!(told(cancelled(&["None", code])), expected, "{code}");
        }
        let both = cancelled(&["ValidationError", "TransactionConflict"]);
        assert_eq!(told(both), "again, on what is there then");
    }
}
