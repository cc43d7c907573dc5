//! A table, with the reads that several adapters share.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, KeysAndAttributes},
};
use service::Fault;

use super::row::{Row, key, name_of_key, text};

/// A table of DynamoDB.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

/// A page of a query, and the key after which the next one begins. None on the last page.
pub(super) struct RowPage {
    pub(super) rows: Vec<Row>,
    pub(super) next: Option<Row>,
}

impl Table {
    /// The table of this name.
    pub(super) fn new(sdk: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(sdk), name }
    }

    /// Reads one row, never from a stale copy.
    pub(super) async fn get(&self, pk: &str, sk: &str) -> Result<Option<Row>, Fault> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key(pk, sk)));
        let sent = get.consistent_read(true).send().await;
        let answer = sent.map_err(|error| Fault::new("read row", error).on(name_of_key(pk, sk)))?;
        Ok(answer.item)
    }

    /// Reads rows by their keys, never from stale copies, in any order. Missing rows are left out.
    pub(super) async fn read_all(&self, keys: Vec<Row>) -> Result<Vec<Row>, Fault> {
        let (mut rows, mut waiting) = (Vec::new(), keys);
        while !waiting.is_empty() {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(waiting))
                .consistent_read(true)
                .build()
                .map_err(|error| Fault::new("build a call to DynamoDB", error))?;
            let call = self.client.batch_get_item().request_items(&self.name, wanted);
            let answer = call.send().await;
            let answer =
                answer.map_err(|error| Fault::new("read rows of table", error).on(&self.name))?;
            rows.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.name);
            waiting = left.map(|left| left.keys).unwrap_or_default();
        }
        Ok(rows)
    }

    /// The rows of a partition, in the order of their sort keys, never from a stale copy.
    pub(super) fn partition(&self, pk: &str) -> Query {
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        Query::on(query, "pk", pk)
    }

    /// A page of the rows of the whole table, in no order, with a sort key that begins with this text,
    /// if one is given. The page begins after the key `after`, if that is given, and may be empty.
    pub(super) async fn scanned(
        &self,
        beginning: Option<&str>,
        after: Option<Row>,
    ) -> Result<RowPage, Fault> {
        let mut scan = self.client.scan().table_name(&self.name).consistent_read(true);
        if let Some(beginning) = beginning {
            scan = scan
                .filter_expression("begins_with(sk, :beginning)")
                .expression_attribute_values(":beginning", text(beginning));
        }
        let answer = scan.set_exclusive_start_key(after).send().await;
        let answer = answer.map_err(|error| Fault::new("read table", error).on(&self.name))?;
        Ok(RowPage { rows: answer.items.unwrap_or_default(), next: answer.last_evaluated_key })
    }

    /// All rows of an index, in no order.
    pub(super) async fn whole_index(&self, index: &str) -> Result<Vec<Row>, Fault> {
        let scan = self.client.scan().table_name(&self.name).index_name(index);
        let mut found = scan.into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(row) = found.next().await {
            rows.push(row.map_err(|error| Fault::new("read table", error).on(&self.name))?);
        }
        Ok(rows)
    }

    /// The rows of a partition of an index, which may lag a moment behind the table.
    pub(super) fn index(&self, index: &str, attribute: &str, value: &str) -> Query {
        let query = self.client.query().table_name(&self.name).index_name(index);
        Query::on(query, attribute, value)
    }
}

/// A query of one partition.
pub(super) struct Query {
    builder: QueryFluentBuilder,
    condition: String,
    partition: String,
}

impl Query {
    fn on(query: QueryFluentBuilder, attribute: &str, value: &str) -> Self {
        Self {
            builder: query
                .expression_attribute_names("#partition", attribute)
                .expression_attribute_values(":partition", text(value)),
            condition: "#partition = :partition".to_owned(),
            partition: value.to_owned(),
        }
    }

    /// Keeps only rows whose sort key begins with `sk`.
    pub(super) fn beginning_with(self, sk: &str) -> Self {
        Self {
            condition: format!("{} AND begins_with(sk, :beginning)", self.condition),
            builder: self.builder.expression_attribute_values(":beginning", text(sk)),
            ..self
        }
    }

    /// Keeps only rows whose sort attribute is at most `most`, included.
    pub(super) fn until(self, attribute: &str, most: AttributeValue) -> Self {
        Self {
            condition: format!("{} AND #until <= :until", self.condition),
            builder: self
                .builder
                .expression_attribute_names("#until", attribute)
                .expression_attribute_values(":until", most),
            ..self
        }
    }

    /// Reverses the order: the last rows come first.
    pub(super) fn backwards(self) -> Self {
        Self { builder: self.builder.scan_index_forward(false), ..self }
    }

    /// All rows.
    pub(super) async fn all(self) -> Result<Vec<Row>, Fault> {
        self.first(usize::MAX).await
    }

    /// The first rows, `most` at most.
    pub(super) async fn first(self, most: usize) -> Result<Vec<Row>, Fault> {
        let Self { builder, condition, partition } = self;
        let query = builder.key_condition_expression(condition);
        let mut found = query.into_paginator().items().send();
        let mut rows = Vec::new();
        while rows.len() < most {
            let Some(row) = found.next().await else { break };
            let failed =
                |error| Fault::new("read partition", error).on(name_of_key(&partition, "*"));
            rows.push(row.map_err(failed)?);
        }
        Ok(rows)
    }

    /// One page of at most `limit` rows. It begins after the key `after`, if that is given.
    pub(super) async fn page(self, limit: i32, after: Option<Row>) -> Result<RowPage, Fault> {
        let Self { builder, condition, partition } = self;
        let query = builder.key_condition_expression(condition).limit(limit);
        let answer = query.set_exclusive_start_key(after).send().await;
        let answer = answer.map_err(|error| {
            Fault::new("read partition", error).on(name_of_key(&partition, "*"))
        })?;
        Ok(RowPage { rows: answer.items.unwrap_or_default(), next: answer.last_evaluated_key })
    }
}
