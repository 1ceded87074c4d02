"""What programs write: orders.json, server.log and stations.csv, all invented; see `make.py`, which calls this."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any


def server_log() -> bytes:
    """A web server's log with an application's lines between."""
    rng = Random(1972)
    time = datetime(2024, 3, 11, 6, 0, 0)
    networks = ("192.0.2", "198.51.100", "203.0.113")  # set aside for documents
    clients = [f"{rng.choices(networks)[0]}.{rng.randrange(1, 255)}" for _ in range(40)]
    popular = [1 / (1 + rank) for rank in range(40)]
    pages = ["/", "/login", "/search?q={word}&page={small}", "/api/v2/items/{number}", "/api/v2/orders/{hex}/status",
             "/static/app.{hex}.js", "/static/style.css", "/images/{word}_{small}.jpg", "/favicon.ico"]  # fmt: skip
    agents = ["Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0", "curl/8.5.0",
              "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3",
              "Mozilla/5.0 (compatible; examplebot/2.1; +https://bot.example/about)"]  # fmt: skip
    notes = ["INFO  cache: {number} hits, {small} misses, {number} KiB in use",
             "INFO  worker-{small}: job {hex} done in {number} ms", "DEBUG pool: {small} of 32 connections busy",
             "WARN  worker-{small}: retry {small} of order {hex}: upstream timed out after {number} ms",
             "ERROR db: deadlock on table {word}, transaction {hex} rolled back"]  # fmt: skip
    words = ["anchor", "barley", "copper", "dahlia", "ember", "fennel", "garnet", "hazel", "indigo", "juniper"]

    def filled(template: str) -> str:
        return template.format(
            word=rng.choices(words)[0],
            small=rng.randrange(1, 13),
            number=int(10 ** rng.choices((1, 2, 3, 4))[0] * rng.random()),
            hex=f"{rng.getrandbits(32):08x}",
        )

    lines = []
    for _ in range(650):
        time += timedelta(milliseconds=rng.randrange(1, 1 << rng.randrange(2, 15)))
        if rng.random() < 0.25:
            note = filled(rng.choices(notes, (6, 8, 4, 2, 1))[0])
            lines.append(f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d} {note}")
            continue
        client = rng.choices(clients, popular)[0]
        path = filled(rng.choices(pages, (9, 2, 4, 12, 8, 3, 3, 6, 1))[0])
        method = "POST" if path == "/login" else "GET"
        status = rng.choices((200, 304, 404, 500), (40, 8, 2, 1))[0]
        size = 0 if status == 304 else 512 + len(path) * 97 if rng.random() < 0.6 else rng.randrange(90000)
        referrer = rng.choices(("-", "https://shop.example/", f"https://shop.example{path}"), (3, 2, 1))[0]
        agent = agents[clients.index(client) % len(agents)]
        request = f'"{method} {path} HTTP/1.1" {status} {size} "{referrer}" "{agent}"'
        lines.append(f"{client} - - [{time:%d/Mar/%Y:%H:%M:%S} +0000] {request}")
    return "".join(line + "\n" for line in lines).encode()


def orders() -> bytes:
    """What the interface of a shop gives for a page of orders, as JSON."""
    rng = Random(1999)
    time = datetime(2024, 6, 3, 8, 0, 0)
    given = ["Ada", "Björn", "Chloé", "Dmitri", "Emre", "Fatima", "Grace", "Håkon", "Inés", "Jürgen", "Kei", "Łucja"]
    family = ["Almeida", "Bianchi", "Çelik", "Dvořák", "Eriksen", "Fischer", "García", "Haddad", "Ito", "Jansen"]
    towns = [("Lisboa", "PT", 38.72, -9.14), ("Kraków", "PL", 50.06, 19.94), ("Malmö", "SE", 55.6, 13.0),
             ("Lyon", "FR", 45.76, 4.84), ("Leeds", "GB", 53.8, -1.55), ("Bremen", "DE", 53.08, 8.8)]  # fmt: skip
    goods = ["ash bowl", "birch spoon", "clay mug", "damask napkin", "enamel pot", "felt slippers", "glass jar",
             "hemp rope", "iron hook", "jute rug", "knitted cap", "linen towel"]  # fmt: skip
    notes = ["Please ring twice.", "Leave it with the neighbours at no. {n}.", "A gift: no invoice, please",
             "The last one came broken\n(order {n}) - could you pack it better?", "Merci d'avance !"]  # fmt: skip
    customers = [(f"{rng.choices(given)[0]} {rng.choices(family)[0]}", rng.choices(towns)[0]) for _ in range(40)]
    found = []
    for number in range(104000, 104090):
        time += timedelta(seconds=rng.randrange(20, 4000))
        place = int(40 * rng.random() * rng.random())
        name, (town, country, north, east) = customers[place]
        items, total = [], 0
        for _ in range(rng.choices((1, 2, 3, 5), (6, 4, 2, 1))[0]):
            article = rng.randrange(len(goods))
            cents = 250 + 365 * article % 4700
            item: dict[str, Any] = {
                "sku": f"{goods[article][:3].upper()}-{1000 + 37 * article}", "title": goods[article],
                "quantity": rng.choices((1, 2, 6), (8, 3, 1))[0], "price": cents / 100,
            }  # fmt: skip
            if rng.random() < 0.15:
                item["discount"] = {"percent": rng.choices((5, 10, 25))[0], "code": f"SUMMER{rng.randrange(10, 30)}"}
            items.append(item)
            total += item["quantity"] * cents
        state = rng.choices(("paid", "packed", "shipped", "returned"), (3, 2, 6, 1))[0]
        order = {
            "id": number, "href": f"https://shop.example/api/v2/orders/{number}",
            "uuid": f"{rng.getrandbits(128):032x}", "created_at": f"{time:%Y-%m-%dT%H:%M:%SZ}", "state": state,
            "currency": "GBP" if country == "GB" else "EUR",
            "customer": {
                "id": 7000 + 13 * place, "name": name, "verified": place % 3 > 0, "orders_before": rng.randrange(40),
                "address": {"town": town, "country": country, "geo": {"lat": north, "lon": east}},
            },
            "items": items, "total": total / 100,
            "tags": rng.choices(("gift", "express", "fragile", "repeat"), k=rng.randrange(0, 3)),
            "note": rng.choices(notes)[0].replace("{n}", str(rng.randrange(1, 99))) if rng.random() < 0.3 else None,
        }  # fmt: skip
        if state in ("shipped", "returned"):
            sent = time + timedelta(hours=rng.randrange(3, 50))
            order["shipment"] = {
                "carrier": rng.choices(("Posten", "Correos", "Fetch & Co."))[0],
                "tracking": f"{rng.getrandbits(40):010X}", "weight_kg": rng.randrange(100, 9000) / 1000,
                "sent_at": f"{sent:%Y-%m-%dT%H:%M:%SZ}", "delivered": state == "returned",
            }  # fmt: skip
        found.append(order)
    more = "https://shop.example/api/v2/orders?page=2"
    page = {"page": 1, "per_page": len(found), "next": more, "orders": found}
    return (json.dumps(page, indent=1, ensure_ascii=False) + "\n").encode()


def stations() -> bytes:
    """Hourly measurements of weather stations as a table."""
    rng = Random(1654)
    names = ["Alder Point", "Birch Hill", "Cedar Bay", "Dune End", "Elm Cross"]
    state = {name: [8 + 3 * place, 70 - 4 * place, 10132 - 90 * place] for place, name in enumerate(names)}
    lines = ["time,station,temperature_c,humidity_percent,pressure_hpa,wind_m_s,sky"]
    for hour in range(200):
        time = datetime(2024, 5, 1) + timedelta(hours=hour)
        for name in names:
            now = state[name]
            warming = (-1, 0, 1, 0)[(time.hour + 3) // 6 % 4]
            now[0] += rng.randrange(-5, 6) + 7 * warming
            now[1] = min(99, max(20, now[1] + rng.randrange(-3, 4) - 2 * warming))
            now[2] += rng.randrange(-4, 5)
            wind = abs(rng.randrange(-40, 90) + now[2] % 7)
            sky = "rain" if now[1] > 85 else "cloudy" if now[1] > 65 else "clear"
            measured = f"{now[0] / 10 + 10:.1f},{now[1]},{now[2] / 10:.1f},{wind / 10:.1f}"
            lines.append(f"{time:%Y-%m-%dT%H:%M}Z,{name},{measured},{sky}")
    return "".join(line + "\n" for line in lines).encode()
