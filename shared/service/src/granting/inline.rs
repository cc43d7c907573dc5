//! One inline policy for each grant, named for it.

use domain::{PolicyDocument, PolicyName, Principal};
use jiff::Timestamp;
use rules::MayOpen;

use super::{Granting, VOUCHED_FOR};
use crate::{
    Fault,
    ports::{Holdings, Iam, Taken},
};

impl<H: Holdings, I: Iam> Granting<'_, H, I> {
    /// Puts the policy, and looks whether it is there. Putting it again replaces it by
    /// itself.
    ///
    /// It is fenced for one unique id, so that another principal of that name gets
    /// nothing, whenever that changes. Whether it has is asked first where somebody
    /// vouched for it long ago.
    pub(super) async fn put(
        &self,
        leave: MayOpen<'_>,
        (on, policy): (&Principal, &PolicyDocument),
        now: Timestamp,
    ) -> Result<Taken, Fault> {
        let (request, window) = (leave.request(), leave.window());
        let vouched = request.ask().unique_id.clone();
        let lately = request.asked_at().duration_until(now) < VOUCHED_FOR;
        let unique_id = match vouched.filter(|_| lately) {
            Some(unique_id) => unique_id,
            None => match self.known(request, on).await? {
                Ok(unique_id) => unique_id,
                Err(cause) => return Ok(Taken::Never(cause)),
            },
        };
        let name = PolicyName::new(self.iam.deployment(), request.id(), window);
        let document = policy.fenced(window, (on, &unique_id), self.iam.deployment().guard());
        let taken = self.iam.put_policy(on, name.as_str(), &document).await?;
        if taken == Taken::Done && !self.iam.shows_policy(on, name.as_str(), &document).await? {
            return Err(Fault::new("see the policy of a grant", "IAM does not show it yet"));
        }
        Ok(taken)
    }
}
