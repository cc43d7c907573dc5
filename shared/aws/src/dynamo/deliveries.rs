//! What became of mails: rows beside the requests, in partitions of their own, so
//! that whoever may write them can write nothing else.

use domain::value::RequestId;
use service::{Delivery, Fault, ports::Deliveries};

use super::{
    RequestsTable,
    row::{delivery_row, mails_key, string, text},
};

impl Deliveries for RequestsTable {
    async fn note(&self, delivery: &Delivery) -> Result<(), Fault> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(delivery_row(delivery)))
            .send()
            .await
            .map_err(|error| Fault::new("note what became of a mail", error))?;
        Ok(())
    }

    async fn deliveries(&self, id: &RequestId) -> Result<Vec<Delivery>, Fault> {
        let mut rows = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(mails_key(id)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut deliveries: Vec<Delivery> = Vec::new();
        while let Some(item) = rows.next().await {
            let row = item.map_err(|error| Fault::new("read what became of mails", error))?;
            let body = string(&row, "body")?;
            let delivery = serde_json::from_str(body)
                .map_err(|error| Fault::new("read what became of mails", error))?;
            deliveries.push(delivery);
        }
        deliveries.sort_by_key(|delivery| (delivery.at, delivery.outcome));
        Ok(deliveries)
    }
}
