"""The examples for engines that people have already: Kubernetes' schemas take the manifests, Airflow the DAG."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.ecosystem.venvs import ROOT, bare_environment, python_of, tool_venv

pytestmark = [pytest.mark.ecosystem, pytest.mark.timeout(1200)]

MANIFESTS = sorted((ROOT / "examples" / "kubernetes").glob("*.yaml"))
READS = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))"

READS_DAGS = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
def told(dag):
    return [dag.catchup, dag.max_active_runs, [task.bash_command for task in dag.tasks]]
dags = {name: told(dag) for name, dag in bag.dags.items()}
print(json.dumps([dict(bag.import_errors), dags]))
"""


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_kubernetes_takes_the_manifests_strictly(manifest: Path) -> None:
    tool = tool_venv("kubernetes", "kubernetes-validate==1.37.0")
    command = [str(tool / "bin" / "kubernetes-validate"), "--strict", str(manifest)]
    done = subprocess.run(command, env=bare_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = subprocess.run([python_of(tool), "-c", READS, manifest], capture_output=True, text=True, check=True).stdout
    documents: list[dict[str, Any]] = json.loads(told)
    (job,) = [one["spec"] for one in documents if one["kind"] == "CronJob"]
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["run", "/jobs/acme", "--due", "--json"]
    assert job["concurrencyPolicy"] == "Forbid"


def test_airflow_reads_a_dag_for_each_job_folder(tmp_path: Path) -> None:
    tool = tool_venv("airflow", "apache-airflow==3.3.2", by="uv==0.13.9")
    for name in ("acme", "my shop"):
        (tmp_path / "folders" / name).mkdir(parents=True)
        (tmp_path / "folders" / name / "target-config.json").touch()
    (tmp_path / "folders" / "no job folder").mkdir()
    environment = bare_environment(AIRFLOW_HOME=str(tmp_path / "home"), AIRFLOW__CORE__LOAD_EXAMPLES="False")
    environment["OPTIPLY_FOLDERS"] = str(tmp_path / "folders")
    command = [str(python_of(tool)), "-c", READS_DAGS, str(ROOT / "examples" / "airflow")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    errors, dags = json.loads(done.stdout.splitlines()[-1])
    assert errors == {}
    assert dags == {
        "optiply_acme": [False, 1, [f"optiply-sync run {tmp_path}/folders/acme --due --json"]],
        "optiply_my_shop": [False, 1, [f"optiply-sync run '{tmp_path}/folders/my shop' --due --json"]],
    }
