drop function public.authorize_play(uuid, text);
drop function private.authorize_play(uuid, text);
drop function public.get_playback(uuid);
drop function private.get_playback(uuid);
drop function private.playback_url(text, uuid, text);
drop function private.is_playback_token(uuid, text);
drop function private.sign_playback(uuid, bigint);
delete from private.secrets where name = 'playback';
delete from private.settings where key in ('playback_flv_url', 'playback_hls_url', 'playback_token_seconds');
