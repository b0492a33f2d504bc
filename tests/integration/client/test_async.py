from __future__ import annotations

import asyncio
import random

import mien
from mien import AsyncClient
from tests.integration.client.conftest import HASTY, MakeFile, Server, sha256_of
from tests.integration.client.link import CutAfter, CutAnswerAfter, Link, LoseAnswer


def async_client(server: Server, link: Link, **settings: int) -> AsyncClient:
    return AsyncClient(link.url, server.key, retry=HASTY, trust_env=False, **settings)


def test_what_a_thread_can_do_an_event_loop_can(server: Server, link: Link, make_file: MakeFile) -> None:
    link.faults += [LoseAnswer()]
    paths = [make_file(50_000, f"{n}.mp4") for n in range(3)]

    async def go() -> None:
        async with async_client(server, link) as client:
            jobs = await asyncio.gather(*[client.submit(path, reference="async") for path in paths])
            assert {job.id async for job in client.jobs(reference="async")} == {job.id for job in jobs}
            videos = [await client.video(job.video_id or "") for job in jobs]
            assert [video.sha256 for video in videos] == [sha256_of(path) for path in paths]
            waiting = asyncio.create_task(client.wait(jobs[0]))
            await client.cancel(jobs[0])
            assert (await waiting).state == "canceled"

    asyncio.run(go())


def test_an_upload_goes_on_where_it_was_cut(server: Server, link: Link, make_file: MakeFile) -> None:
    link.faults += [CutAfter(900_000), CutAfter(900_000)]
    path = make_file(3_000_000)
    told: list[int] = []

    async def go() -> mien.Video:
        async with async_client(server, link, resumable_from_bytes=1) as client:
            job = await client.submit(path, progress=lambda done, _: told.append(done))
            return await client.video(job.video_id or "")

    assert asyncio.run(go()).sha256 == sha256_of(path)
    assert told[-1] == 3_000_000


def test_a_hundred_uploads_at_once_over_a_bad_link_arrive_as_they_were(
    server: Server, link: Link, make_file: MakeFile
) -> None:
    chance = random.Random(5)
    kinds = (
        lambda: CutAfter(chance.randint(1, 800)),
        lambda: CutAfter(chance.randint(1, 300_000)),
        lambda: CutAnswerAfter(chance.randint(0, 300)),
        LoseAnswer,
    )
    link.faults += [chance.choice(kinds)() for _ in range(300)]
    paths = [make_file(chance.randint(1, 400_000), f"{n}.mp4") for n in range(100)]

    async def go() -> list[mien.Video]:
        async with async_client(server, link) as client:
            uploads = await asyncio.gather(*[client.upload(path) for path in paths])
            link.faults.clear()
            return [await client.video(upload.video_id or "") for upload in uploads]

    videos = asyncio.run(go())
    assert [video.sha256 for video in videos] == [sha256_of(path) for path in paths]
    assert len({video.id for video in videos}) == 100


def test_a_stream_that_is_cut_goes_on(server: Server, link: Link, make_file: MakeFile) -> None:
    async def go() -> list[str]:
        async with async_client(server, link) as client:
            job = await client.submit(make_file())
            link.cut()
            link.faults += [CutAnswerAfter(1500)]
            states = []
            async for event in client.events(job):
                states.append(event.job.state)
                if event.job.state == "queued":
                    await client.cancel(job)
            return states

    assert asyncio.run(go()) == ["queued", "canceled"]


def test_an_iteration_that_is_left_lets_go_of_its_connection(server: Server, link: Link, make_file: MakeFile) -> None:
    async def go() -> None:
        async with async_client(server, link) as client:
            job = await client.submit(make_file())
            for _ in range(5):
                events = client.events(job)
                assert (await anext(events)).job.state == "queued"
                await events.aclose()

    asyncio.run(go())
