/** The Lua scripts behind viewer counts: one per operation, each one round trip. */

/** Redis' own clock is the only one. */
const CLOCK = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/**
 * What is counted of a stream, read at once and written where it has changed. The number of viewers is
 * integrated over time: `advance` adds what has been watched since the meter's last moment, to the
 * millisecond at which each viewer that went silent stopped counting. Most beats change nothing of it:
 * as long as the same viewers watch, the next one that changes it adds up the time.
 */
const METER = `
local viewers, meter, uniques = KEYS[1], KEYS[2], KEYS[3]
local DAY, FIVE_MINUTES, KEPT_FOR = 86400, 300, 30000
local watching, watched, peak, started, kept
local has_changed = false

local function whole(number) return string.format('%.0f', number) end

local function advance()
  local known = redis.call('HMGET', meter, 'at', 'watched', 'peak', 'started', 'kept')
  local at = tonumber(known[1] or '') or now
  watched, peak = tonumber(known[2] or '') or 0, tonumber(known[3] or '') or 0
  started, kept = tonumber(known[4] or '') or -1, tonumber(known[5] or '') or 0
  watching = redis.call('ZCARD', viewers)
  if at > now then now = at end
  local gone = redis.call('ZRANGE', viewers, '-inf', whole(now), 'BYSCORE', 'WITHSCORES')
  watched = watched + (watching - #gone / 2) * (now - at)
  for i = 2, #gone, 2 do watched = watched + math.max(tonumber(gone[i]) - at, 0) end
  if #gone > 0 then
    redis.call('ZREMRANGEBYSCORE', viewers, '-inf', whole(now))
    watching = watching - #gone / 2
    has_changed = true
  end
end

-- A session that begins leaves behind what the one before came to: it may not have been stored yet.
local function enter_session(session, session_started)
  if started >= tonumber(session_started) then return end
  local last = redis.call('HGET', meter, 'session')
  local last_uniques = last and redis.call('PFCOUNT', uniques)
  local present = redis.call('ZRANGE', viewers, 0, -1)
  redis.call('DEL', uniques, meter)
  for i = 1, #present, 1000 do
    redis.call('PFADD', uniques, unpack(present, i, math.min(i + 999, #present)))
  end
  redis.call('HSET', meter, 'session', session, 'started', session_started)
  if last then
    redis.call('HSET', meter, 'last_session', last, 'last_at', whole(now), 'last_viewers', watching,
      'last_peak', peak, 'last_uniques', last_uniques, 'last_watched', whole(watched))
  end
  watched, peak, started, kept = 0, watching, tonumber(session_started), 0
end

local function watch(change)
  if change == 0 then return end
  watching = watching + change
  peak = math.max(peak, watching)
  has_changed = true
end

local function write()
  local is_kept = kept + KEPT_FOR > now
  if is_kept and not has_changed then return end
  if not is_kept then kept = now end
  redis.call('HSET', meter, 'at', whole(now), 'watched', whole(watched), 'peak', peak, 'kept', whole(kept))
  if is_kept then return end
  redis.call('EXPIRE', viewers, FIVE_MINUTES)
  redis.call('EXPIRE', meter, DAY)
  redis.call('EXPIRE', uniques, DAY)
end
`;

/** GCRA: a key holds when the next request would come at the steady rate. */
const LIMIT = `
local function wait_for(key, interval, burst)
  local due = tonumber(redis.call('GET', key) or '0')
  local wait = due - now - (burst - 1) * interval
  if wait > 0 then return math.ceil(wait) end
  due = math.max(due, now) + interval
  redis.call('SET', key, string.format('%.3f', due), 'PX', math.ceil(due - now))
  return 0
end
`;

/**
 * An address asks for something. It is not in a stream's slot, because it may ask for many streams.
 * KEYS: rate. ARGV: interval in ms, burst. Returns the milliseconds to wait, 0 for none.
 */
export const ADMIT = `${CLOCK}${LIMIT}
return wait_for(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]))
`;

/**
 * A viewer joins or beats.
 * KEYS: viewers, meter, uniques, rate, tabs. ARGV: session, started, viewer, tab (empty for one
 * without), ttl, interval in ms and burst. Returns the viewers and 0, or 0 and the milliseconds to wait.
 */
export const TOUCH = `${CLOCK}${METER}${LIMIT}
local session, session_started, viewer, tab, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local wait = wait_for(KEYS[4], tonumber(ARGV[6]), tonumber(ARGV[7]))
if wait > 0 then return {0, wait} end
advance()
enter_session(session, session_started)
if redis.call('ZADD', viewers, whole(now + ttl), viewer) == 1 then
  if watching == 0 then kept = 0 end
  watch(1)
  redis.call('PFADD', uniques, viewer)
  redis.call('EXPIRE', uniques, DAY)
end
if tab ~= '' then
  redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', whole(now))
  redis.call('ZADD', KEYS[5], whole(now + ttl), tab)
  redis.call('EXPIRE', KEYS[5], FIVE_MINUTES)
end
write()
return {watching, 0}
`;

/**
 * A viewer leaves; one with tabs when the last of them does.
 * KEYS: viewers, meter, uniques, tabs. ARGV: viewer, tab. Returns as TOUCH.
 */
export const LEAVE = `${CLOCK}${METER}
local viewer, tab = ARGV[1], ARGV[2]
advance()
local tabs = 0
if tab ~= '' then
  redis.call('ZREM', KEYS[4], tab)
  tabs = redis.call('ZCOUNT', KEYS[4], '(' .. whole(now), '+inf')
end
if tabs == 0 then watch(-redis.call('ZREM', viewers, viewer)) end
write()
return {watching, 0}
`;

/**
 * What is to be stored of a live stream's session.
 * KEYS: viewers, meter, uniques, live. ARGV: session, started, stored peak, stored viewer seconds
 * (which a Redis that lost its data goes on from), what the live key says.
 * Returns the session that is counted, the moment in ms, viewers, peak, uniques, viewer seconds.
 */
export const COUNT = `${CLOCK}${METER}
advance()
enter_session(ARGV[1], ARGV[2])
local session = redis.call('HGET', meter, 'session')
if session == ARGV[1] and redis.call('HSETNX', meter, 'seeded', 1) == 1 then
  watched = watched + tonumber(ARGV[4]) * 1000
  peak = math.max(peak, tonumber(ARGV[3]))
end
has_changed = true
write()
redis.call('SET', KEYS[4], ARGV[5], 'EX', 3600)
return {session, whole(now), watching, peak, redis.call('PFCOUNT', uniques), whole(math.floor(watched / 1000))}
`;

/**
 * What is to be stored of a session that has just ended, whether or not the stream's next has begun.
 * KEYS: viewers, meter, uniques. ARGV: session. Returns as COUNT; the session is nil for one that is not known any more.
 */
export const FINISH = `${CLOCK}${METER}
local known = redis.call('HMGET', meter, 'session', 'last_session', 'last_at', 'last_viewers', 'last_peak', 'last_uniques', 'last_watched')
if known[2] == ARGV[1] then
  return {ARGV[1], known[3], tonumber(known[4]), tonumber(known[5]), tonumber(known[6]), whole(math.floor(tonumber(known[7]) / 1000))}
elseif known[1] ~= ARGV[1] then
  return {false, '0', 0, 0, 0, '0'}
end
advance()
has_changed = true
write()
return {ARGV[1], whole(now), watching, peak, redis.call('PFCOUNT', uniques), whole(math.floor(watched / 1000))}
`;
