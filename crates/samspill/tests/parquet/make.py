"""Makes the files of this folder: the same four contacts as other programs write them to Parquet.

Versions that wrote the files here: pandas 3.1.1, pyarrow 26.0.1, fastparquet 2026.9.0, DuckDB 2.0.1, Polars 2.1.0 and
Spark 4.3.0. Run in the folder: python3 make.py
"""

import datetime as dt
import decimal
import glob
import os
import shutil

import duckdb
import pandas as pd
import polars as pl

NAMES = [
    "contact_id", "stay_id", "person_id", "unit", "unit_kind", "trust", "sector", "care_level", "admitted", "discharged",
    "municipality_of_registration", "age", "drg", "drg_type", "points", "events",
]  # fmt: skip
AT = dt.datetime
EVENTS = [
    (1, AT(2012, 3, 4, 12)), (2, AT(2012, 3, 6, 9)), (3, AT(2012, 3, 6, 10)), (6, AT(2012, 3, 6, 11)),
]  # fmt: skip
IN, OUT = AT(2012, 3, 4, 10), AT(2012, 3, 9, 12)
VISIT = (AT(2012, 4, 4, 10), AT(2012, 4, 4, 11))
ROWS = [
    (1, 1, 1, "U1", "public-hospital", "983974724", "somatic", "overnight", IN, OUT, "1201", 81, "127", "medical", 1.5, EVENTS),
    (2, 2, 2, "U1", "public-hospital", "983974724", "somatic", "overnight", IN, OUT, "1201", 40, "209", "surgical", 2.5, []),
    (3, 3, 3, "U1", "public-hospital", "983974724", "somatic", "outpatient", *VISIT, "1201", 40, "901O", "medical", 0.031, []),
    (4, 4, 4, "U1", "public-hospital", "983974724", "somatic", "outpatient", *VISIT, "1103", None, "901O", "medical", 0.031, []),
]
WORDS = ["unit", "unit_kind", "trust", "sector", "care_level", "municipality_of_registration", "drg", "drg_type"]


def frame() -> pd.DataFrame:
    table = pd.DataFrame(ROWS, columns=NAMES)
    table["events"] = [[{"kind": kind, "time": at} for kind, at in events] for events in table["events"]]
    table["age"] = table["age"].astype("Int64")
    return table


def write_pandas() -> None:
    table = frame()
    for name in WORDS:
        table[name] = table[name].astype("category")
    table.to_parquet("pandas.parquet", engine="pyarrow", index=False)


def write_fastparquet() -> None:
    table = frame()
    text = lambda events: " ".join(f"{one['kind']}@{one['time']:%Y-%m-%dT%H:%M}" for one in events)
    table["events"] = table["events"].map(text)
    table["age"] = table["age"].astype("float64")
    for name in [*WORDS, "events"]:
        table[name] = table[name].astype(object)
    table.to_parquet("fastparquet.parquet", engine="fastparquet", index=False, compression="GZIP")


def write_duckdb() -> None:
    source = frame()  # noqa: F841, read by DuckDB
    duckdb.sql(
        "COPY (SELECT * REPLACE (CAST(points AS DECIMAL(9, 3)) AS points, CAST(age AS UTINYINT) AS age, "
        "CAST(admitted AS TIMESTAMP_S) AS admitted, CAST(sector AS ENUM ('somatic', 'mental-health')) AS sector, "
        "CAST(events AS STRUCT(kind UTINYINT, \"time\" TIMESTAMP)[]) AS events) FROM source) "
        "TO 'duckdb.parquet' (FORMAT parquet, COMPRESSION zstd)"
    )


def write_polars() -> None:
    table = pl.DataFrame(
        {name: [row[place] for row in ROWS] for place, name in enumerate(NAMES) if name != "events"}
    ).with_columns(
        pl.col(WORDS).cast(pl.Categorical),
        pl.col("points").map_elements(lambda one: decimal.Decimal(str(one)), return_dtype=pl.Decimal(9, 3)),
        pl.col("admitted").cast(pl.Datetime("ns")),
        pl.col("discharged").cast(pl.Datetime("ms")),
        pl.col("age").cast(pl.UInt8),
        events=pl.Series(
            [[{"kind": kind, "time": at} for kind, at in row[-1]] for row in ROWS],
            dtype=pl.List(pl.Struct({"kind": pl.Int8, "time": pl.Datetime("us")})),
        ),
    )
    table.write_parquet("polars.parquet", compression="lz4")


def write_spark() -> None:
    from pyspark.sql import SparkSession, types as of

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")

    def write(name: str, time: of.DataType) -> None:
        event = of.StructType([of.StructField("kind", of.ByteType()), of.StructField("time", time)])
        kinds = {"admitted": time, "discharged": time, "points": of.DecimalType(9, 3), "events": of.ArrayType(event)}
        numbers = {"contact_id", "stay_id", "person_id"}
        kind = lambda name: kinds.get(name) or (of.LongType() if name in numbers else of.ShortType() if name == "age" else of.StringType())
        schema = of.StructType([of.StructField(name, kind(name)) for name in NAMES])
        rows = [(*row[:14], decimal.Decimal(str(row[14])), row[15]) for row in ROWS]
        spark.createDataFrame(rows, schema).coalesce(1).write.mode("overwrite").parquet("spark")
        os.replace(glob.glob("spark/part-*.parquet")[0], name)
        shutil.rmtree("spark")

    write("spark.parquet", of.TimestampNTZType())
    write("spark-in-a-zone.parquet", of.TimestampType())
    spark.stop()


for make in [write_pandas, write_fastparquet, write_duckdb, write_polars, write_spark]:
    make()
