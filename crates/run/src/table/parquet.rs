//! Tables as Parquet files, through the crate's column writer: no Arrow needed for three types of
//! column.

use std::sync::Arc;

use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{Type, TypePtr},
};

use super::{Column, Table, Values};
use crate::Error;

impl Table {
    /// As a Parquet file with Snappy compression: int64, optional double and UTF-8 columns.
    ///
    /// # Errors
    /// [`Error::Table`] with what the encoder says.
    pub fn to_parquet(&self) -> Result<Vec<u8>, Error> {
        encoded(self).map_err(|error| Error::Table {
            table: self.name,
            message: error.to_string(),
        })
    }
}

fn encoded(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let fields = table
        .columns
        .iter()
        .map(field)
        .collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(
        Type::group_type_builder(table.name)
            .with_fields(fields)
            .build()?,
    );
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut rows = file.next_row_group()?;
    table
        .columns
        .iter()
        .try_for_each(|column| append(&mut rows, &column.values))?;
    rows.close()?;
    file.into_inner()
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, repetition, logical) = match column.values {
        Values::Integer(_) => (Physical::INT64, Repetition::REQUIRED, None),
        Values::Real(_) => (Physical::DOUBLE, Repetition::OPTIONAL, None),
        Values::Text(_) => (
            Physical::BYTE_ARRAY,
            Repetition::REQUIRED,
            Some(LogicalType::String),
        ),
    };
    let builder = Type::primitive_type_builder(&column.name, physical);
    Ok(Arc::new(
        builder
            .with_repetition(repetition)
            .with_logical_type(logical)
            .build()?,
    ))
}

fn append(
    rows: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &Values,
) -> Result<(), ParquetError> {
    let Some(mut column) = rows.next_column()? else {
        return Ok(());
    };
    match values {
        Values::Integer(values) => {
            column
                .typed::<Int64Type>()
                .write_batch(values, None, None)?;
        }
        Values::Real(values) => {
            let present: Vec<f64> = values.iter().copied().flatten().collect();
            let levels: Vec<i16> = values
                .iter()
                .map(|value| i16::from(value.is_some()))
                .collect();
            column
                .typed::<DoubleType>()
                .write_batch(&present, Some(&levels), None)?;
        }
        Values::Text(values) => {
            let values: Vec<ByteArray> = values.iter().map(|text| text.as_str().into()).collect();
            column
                .typed::<ByteArrayType>()
                .write_batch(&values, None, None)?;
        }
    }
    column.close()
}
