//! Deliveries of mails: rows beside the requests, in partitions of their own, so that the
//! permission to write them covers no other rows.

use domain::value::RequestId;
use service::{Delivery, Fault, ports::Deliveries};

use super::{
    RequestsTable,
    row::{body, delivery_row, mails_key},
};

impl Deliveries for RequestsTable {
    async fn record(&self, delivery: &Delivery) -> Result<(), Fault> {
        let put = self.0.client.put_item().table_name(&self.0.name);
        let sent = put.set_item(Some(delivery_row(delivery))).send().await;
        let request = &delivery.mail_ref.request;
        sent.map_err(|error| Fault::new("note a mail about request", error).on(request))?;
        Ok(())
    }

    async fn deliveries(&self, id: &RequestId) -> Result<Vec<Delivery>, Fault> {
        let rows = self.0.partition(&mails_key(id)).all().await?;
        let read = |row| body(row, "read delivery");
        let mut deliveries = rows.iter().map(read).collect::<Result<Vec<Delivery>, Fault>>()?;
        deliveries.sort_by_key(|delivery| (delivery.at, delivery.outcome));
        Ok(deliveries)
    }
}
