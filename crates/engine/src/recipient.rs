//! The port of those who are told what happened.

use async_trait::async_trait;

use crate::error::Result;

/// Takes one message after the other. A message may come again after an answer was lost, so a recipient that minds must look
/// at what it says.
#[async_trait]
pub trait Recipient: Send + Sync {
    /// A word that stays, by which the sender remembers how far it came.
    fn name(&self) -> &str;

    /// `Kind::Outside`: try again later. `Kind::Input`: this message is refused and never will be taken. Anything else: the
    /// recipient takes nothing as it is set up now.
    async fn take(&self, message: &str) -> Result<()>;
}
