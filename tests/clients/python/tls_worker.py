"""A client and a worker over mutual TLS. The activity comes when the first connection is long closed."""

import sys
from datetime import timedelta
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.service import TLSConfig
from temporalio.worker import Worker

from program import run


@activity.defn(name="noop")
async def noop(*_: object) -> None:
    print("worked")


async def main(address: str, authorities: str, certificate: str, key: str) -> None:
    tls = TLSConfig(
        server_root_ca_cert=Path(authorities).read_bytes(),
        client_cert=Path(certificate).read_bytes(),
        client_private_key=Path(key).read_bytes(),
    )
    client = await Client.connect(address, tls=tls)
    async with Worker(client, task_queue="tls", activities=[noop]):
        await client.execute_workflow(
            "one-activity", id="tls", task_queue="tls", start_delay=timedelta(seconds=3)
        )
    print("done")


run(main(*sys.argv[1:]))
