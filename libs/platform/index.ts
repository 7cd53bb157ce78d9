/**
 * PLATFORM: the ground under every room.
 *
 * Owns      the database connection and its roles, migrations, clock, configuration, secrets, blobs, logs, the way out to the network
 * Promises  a transaction sees one tenant's rows; a log line holds no content; a secret at rest is sealed; a call out has a limit and
 *           never reaches a private address
 * Uses      nothing of ours but the contract
 * Never     knows a word of the domain: no conversation, no channel, no policy
 */
export { BLOB_BYTES_MAX, BlobStore } from './blobs.js';
export { GatheredBytes, releaseBytes } from './bytes.js';
export { addMonths, Clock, DAY_MS, HOUR_MS, MINUTE_MS, MovableClock, SECOND_MS } from './clock.js';
export { CONFIG, ConfigProblem, readEnv, type Config, type FacebookConfig, type MailLoginConfig, type Role } from './config.js';
export { Database, TenantTx, type TenantView, Tx } from './database.js';
export { APP_ROLE, databaseUrls, JOBS_ROLE, type DatabaseUrls } from './database-roles.js';
export { Egress, EgressFailure, isPublicAddress, type EgressRequest, type EgressResponse } from './egress.js';
export { joinGround, prepareGround, type PreparedGround } from './ground.js';
export { isUuid, newId, uuidFromBytes, uuidToBytes, type Branded, type TenantId } from './ids.js';
export { type InstallationTurn, takeInstallationTurn } from './installation-turn.js';
export { Log, type LogFields } from './log.js';
export { isMigrated, migrate, SCHEMA_VERSION } from './migrate.js';
export { type EmbeddedPostgres, startEmbeddedPostgres, StartRefusal } from './embedded-postgres.js';
export type { ColumnKind, DataMap, TableDeclaration } from './data-map.js';
export { DATABASE_URLS, PlatformModule } from './platform.module.js';
export { notFound, Refusal, type FieldProblem, type RefusalKind } from './refusal.js';
export { type Resealed, resealTenant, sealedColumns } from './reseal.js';
export { SecretBox } from './secret-box.js';
export { builtPage } from './http/built-page.js';
export { ed25519Key, isSignedBy, readSignature, type SignatureHeaders } from './http/check-signature.js';
export { type SignedParts, signRequest } from './http/sign-request.js';
export { bytesOf, createServer, JSON_BODY_BYTES_MAX, type RawBodyDoor } from './http/server.js';
export { isAddressIn } from './http/client-address.js';
export { requestSource, type Source } from './http/request-source.js';
export { OPEN_TO, OpenTo } from './http/open-to.js';
export type { RefusalWitness } from './http/refusal.filter.js';
export { valid } from './http/valid.js';
