/** The Lua scripts behind viewer counts: one per operation, each one round trip. */

/**
 * What all of them begin with. The number of viewers is integrated over time: `advance` adds what
 * has been watched since the meter's last moment, to the millisecond at which each viewer that went
 * silent stopped counting. Redis' own clock is the only one.
 */
const METER = `
local viewers, meter, uniques = KEYS[1], KEYS[2], KEYS[3]
local DAY, FIVE_MINUTES = 86400, 300
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function whole(number) return string.format('%.0f', number) end
local function field(name) return tonumber(redis.call('HGET', meter, name) or '') end

local function advance()
  local at = field('at') or now
  if at > now then now = at end
  local watching = redis.call('ZCARD', viewers)
  local gone = redis.call('ZRANGE', viewers, '-inf', whole(now), 'BYSCORE', 'WITHSCORES')
  local watched = (watching - #gone / 2) * (now - at)
  for i = 2, #gone, 2 do watched = watched + math.max(tonumber(gone[i]) - at, 0) end
  if #gone > 0 then redis.call('ZREMRANGEBYSCORE', viewers, '-inf', whole(now)) end
  redis.call('HINCRBY', meter, 'watched', whole(watched))
  redis.call('HSET', meter, 'at', whole(now))
end

local function enter_session(session, started)
  if (field('started') or -1) >= tonumber(started) then return end
  local present = redis.call('ZRANGE', viewers, 0, -1)
  redis.call('DEL', uniques, meter)
  for i = 1, #present, 1000 do
    redis.call('PFADD', uniques, unpack(present, i, math.min(i + 999, #present)))
  end
  redis.call('HSET', meter, 'session', session, 'started', started, 'watched', 0, 'peak', #present, 'at', whole(now))
end

local function keep()
  redis.call('EXPIRE', viewers, FIVE_MINUTES)
  redis.call('EXPIRE', meter, DAY)
  redis.call('EXPIRE', uniques, DAY)
end
`;

/** GCRA: a key holds when the next request would come at the steady rate. */
const LIMITS = `
local function wait_for(key, interval, burst)
  local due = tonumber(redis.call('GET', key) or '0')
  return math.max(due - now - (burst - 1) * interval, 0)
end

local function count_request(key, interval)
  local due = math.max(tonumber(redis.call('GET', key) or '0'), now) + interval
  redis.call('SET', key, whole(due), 'PX', whole(due - now))
end
`;

/**
 * A viewer joins or beats.
 * KEYS: viewers, meter, uniques, address rate, viewer rate, tabs. ARGV: session, started, viewer,
 * tab (empty for one without), ttl in ms, interval and burst of the address, and of the viewer.
 * Returns the viewers and 0, or 0 and the milliseconds to wait.
 */
export const TOUCH = `${METER}${LIMITS}
local session, started, viewer, tab, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local wait = math.max(wait_for(KEYS[4], tonumber(ARGV[6]), tonumber(ARGV[7])), wait_for(KEYS[5], tonumber(ARGV[8]), tonumber(ARGV[9])))
if wait > 0 then return {0, wait} end
count_request(KEYS[4], tonumber(ARGV[6]))
count_request(KEYS[5], tonumber(ARGV[8]))
advance()
enter_session(session, started)
redis.call('ZADD', viewers, whole(now + ttl), viewer)
redis.call('PFADD', uniques, viewer)
if tab ~= '' then
  redis.call('ZADD', KEYS[6], whole(now + ttl), tab)
  redis.call('EXPIRE', KEYS[6], FIVE_MINUTES)
end
local watching = redis.call('ZCARD', viewers)
if watching > field('peak') then redis.call('HSET', meter, 'peak', watching) end
keep()
return {watching, 0}
`;

/**
 * A viewer leaves; one with tabs when the last of them does.
 * KEYS: viewers, meter, uniques, address rate, tabs. ARGV: viewer, tab, interval and burst of the
 * address. Returns as TOUCH.
 */
export const LEAVE = `${METER}${LIMITS}
local viewer, tab = ARGV[1], ARGV[2]
local wait = wait_for(KEYS[4], tonumber(ARGV[3]), tonumber(ARGV[4]))
if wait > 0 then return {0, wait} end
count_request(KEYS[4], tonumber(ARGV[3]))
advance()
local tabs = 0
if tab ~= '' then
  redis.call('ZREM', KEYS[5], tab)
  tabs = redis.call('ZCOUNT', KEYS[5], '(' .. whole(now), '+inf')
end
if tabs == 0 then redis.call('ZREM', viewers, viewer) end
keep()
return {redis.call('ZCARD', viewers), 0}
`;

/**
 * What is to be stored of a live stream's session.
 * KEYS: viewers, meter, uniques, live. ARGV: session, started, stored peak, stored viewer seconds
 * (which a Redis that lost its data goes on from), what the live key says.
 * Returns the session that is counted, the moment in ms, viewers, peak, uniques, viewer seconds.
 */
export const COUNT = `${METER}
advance()
enter_session(ARGV[1], ARGV[2])
if redis.call('HGET', meter, 'session') == ARGV[1] and redis.call('HSETNX', meter, 'seeded', 1) == 1 then
  redis.call('HINCRBY', meter, 'watched', whole(tonumber(ARGV[4]) * 1000))
  redis.call('HSET', meter, 'peak', whole(math.max(field('peak'), tonumber(ARGV[3]))))
end
redis.call('SET', KEYS[4], ARGV[5], 'EX', 3600)
keep()
return {redis.call('HGET', meter, 'session'), whole(now), redis.call('ZCARD', viewers), field('peak'),
  redis.call('PFCOUNT', uniques), whole(math.floor(field('watched') / 1000))}
`;
