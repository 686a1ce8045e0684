"""A DAG for each job folder below OPTIPLY_FOLDERS: every five minutes it does what the schedule of that says is due."""

import os
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

FOLDERS = Path(os.environ.get("OPTIPLY_FOLDERS", "/srv/optiply"))

for folder in sorted(path.parent for path in FOLDERS.glob("*/target-config.json")):
    with DAG(
        dag_id="optiply_" + re.sub(r"[^\w.-]", "_", folder.name, flags=re.ASCII),
        schedule="*/5 * * * *",
        start_date=datetime(2026, 1, 1),
        catchup=False,  # what was missed is due once, whenever the next run comes
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=4),
        tags=["optiply"],
    ) as dag:
        BashOperator(
            task_id="run",
            bash_command=f"optiply-sync run {shlex.quote(str(folder))} --due --json",
            append_env=True,
            retries=3,
            retry_delay=timedelta(minutes=1),
            retry_exponential_backoff=True,
        )
