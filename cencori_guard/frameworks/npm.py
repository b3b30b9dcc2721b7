"""What packages of npm say of those who depend on them, beside the frameworks of the table."""

from __future__ import annotations

# Packages that serve: where one is among the dependencies, source is not the browser's by default.
SERVERS = frozenset(
    [
        "express",
        "fastify",
        "koa",
        "hono",
        "@hapi/hapi",
        "@nestjs/core",
        "restify",
        "polka",
        "h3",
        "nitropack",
        "elysia",
        "apollo-server",
        "@apollo/server",
        "graphql-yoga",
        "firebase-functions",
        "aws-lambda",
        "serverless",
        "@hono/node-server",
        "@trpc/server",
    ]
)
# And what pages are made with.
PAGES = frozenset(
    (
        "react-dom",
        "preact",
        "vue",
        "svelte",
        "solid-js",
        "lit",
        "@angular/core",
        "html-webpack-plugin",
        "jquery",
        "alpinejs",
    )
)
