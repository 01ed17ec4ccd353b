/** The schema `public` as TypeScript: made by `npm run gen`, not by hand. */

/** Any JSON value. */
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      /** What a user can buy: how many streams may run at once, and the price. Readable by all; changed in Studio. */
      packages: {
        Row: {
          /** False: no longer sold; who has it keeps it. */
          active: boolean;
          billing_interval: string;
          /** ISO 4217 code. */
          currency: string;
          id: string;
          name: string;
          /** Price of one billing interval in minor units of the currency. */
          price_cents: number;
          /** Sessions (ingest and restream together) that may run at once. */
          streams_allowed: number;
        };
        ComputedFields: never;
        Insert: {
          active?: boolean;
          billing_interval: string;
          currency: string;
          id: string;
          name: string;
          price_cents: number;
          streams_allowed: number;
        };
        Update: {
          active?: boolean;
          billing_interval?: string;
          currency?: string;
          id?: string;
          name?: string;
          price_cents?: number;
          streams_allowed?: number;
        };
        Relationships: [];
      };
      /** What everybody may see of a user. Readable by all; changed by its owner. */
      profiles: {
        Row: {
          avatar_url: string | null;
          bio: string | null;
          created_at: string;
          display_name: string | null;
          id: string;
          updated_at: string;
          /** 3 to 30 of a-z, 0-9 and _; stored in lower case, so unique without regard to case. */
          username: string;
        };
        ComputedFields: never;
        Insert: {
          avatar_url?: string | null;
          bio?: string | null;
          created_at?: string;
          display_name?: string | null;
          id: string;
          updated_at?: string;
          username: string;
        };
        Update: {
          avatar_url?: string | null;
          bio?: string | null;
          created_at?: string;
          display_name?: string | null;
          id?: string;
          updated_at?: string;
          username?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'profiles_id_fkey';
            columns: ['id'];
            isOneToOne: true;
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      /** A user's wish to have a video pushed to an RTMP address elsewhere. Its owner and admins read it; only functions write it. */
      stream_requests: {
        Row: {
          admin_notes: string | null;
          approved_at: string | null;
          /** The admin; null where no approval was required. */
          approved_by: string | null;
          created_at: string;
          description: string | null;
          id: string;
          /** Begin again at the end of the video, until stopped. */
          repeat: boolean;
          /** The target, its key masked. */
          rtmp_url: string;
          /** The newest session. */
          session_id: string | null;
          started_at: string | null;
          /** pending, approved, rejected, streaming (a session is active), stopped (may be started again while approved_at is set; cancelled otherwise). */
          status: string;
          stopped_at: string | null;
          /** The stream under which its sessions are kept; made at the first start. */
          stream_id: string | null;
          title: string;
          user_id: string;
          /** The video: videos/<user id>/<file> in storage, or an http(s) address with its query masked. */
          video_source: string;
          /** video_source where it is an address; null for a file in storage. */
          video_url: string | null;
        };
        ComputedFields: never;
        Insert: {
          admin_notes?: string | null;
          approved_at?: string | null;
          approved_by?: string | null;
          created_at?: string;
          description?: string | null;
          id?: string;
          repeat?: boolean;
          rtmp_url: string;
          session_id?: string | null;
          started_at?: string | null;
          status?: string;
          stopped_at?: string | null;
          stream_id?: string | null;
          title: string;
          user_id: string;
          video_source: string;
          video_url?: never;
        };
        Update: {
          admin_notes?: string | null;
          approved_at?: string | null;
          approved_by?: string | null;
          created_at?: string;
          description?: string | null;
          id?: string;
          repeat?: boolean;
          rtmp_url?: string;
          session_id?: string | null;
          started_at?: string | null;
          status?: string;
          stopped_at?: string | null;
          stream_id?: string | null;
          title?: string;
          user_id?: string;
          video_source?: string;
          video_url?: never;
        };
        Relationships: [
          {
            foreignKeyName: 'stream_requests_approved_by_fkey';
            columns: ['approved_by'];
            isOneToOne: false;
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'stream_requests_session_id_fkey';
            columns: ['session_id'];
            isOneToOne: false;
            referencedRelation: 'stream_sessions';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'stream_requests_stream_id_fkey';
            columns: ['stream_id'];
            isOneToOne: false;
            referencedRelation: 'streams';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'stream_requests_user_id_fkey';
            columns: ['user_id'];
            isOneToOne: false;
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      /** One row for each time that a stream was pushed in (ingest) or out (restream). Its owner and admins read it; only functions write it. */
      stream_sessions: {
        Row: {
          average_viewers: number;
          /** ingest: what its publishers sent, added up as each leaves. */
          bytes_in: number;
          client_ip: unknown;
          /** restream: the container in which it runs, with the driver docker. */
          container_id: string | null;
          created_at: string;
          /** When the publisher went; null while connected. Within the reconnect grace it may resume. */
          disconnected_at: string | null;
          /** ingest: disconnected, lease_expired, disabled, deleted; restream: finished, stopped, failed, lease_expired, not_started, video_replaced, disabled, deleted. */
          ended_reason: string | null;
          /** restream: what went wrong, with the last lines that ffmpeg wrote. */
          error: string | null;
          /** restream: ffmpeg's exit code. */
          exit_code: number | null;
          id: string;
          /** starting, running or stopping: counts against the package's limit. */
          is_active: boolean;
          kind: string;
          /** When the media server or worker was last heard of; the session's lease runs from here. */
          last_seen_at: string | null;
          /** ingest: the media server that holds the publisher. */
          media_server: string | null;
          peak_viewers: number;
          /** ingest: the media server's own id of the publisher's connection. */
          publisher_id: string | null;
          /** When the publisher last reconnected to this session. */
          resumed_at: string | null;
          /** restream: the target, its key masked. */
          rtmp_url: string | null;
          started_at: string | null;
          status: string;
          stopped_at: string | null;
          stream_id: string;
          /** ingest: which of the stream's keys was used (see get_stream_keys). */
          stream_key_id: string | null;
          unique_viewers: number;
          user_id: string;
          /** restream: the video, a signature in its address masked. */
          video_source: string | null;
          /** Sum over viewers of the seconds watched. */
          viewer_seconds: number;
          /** restream: the worker that has it, and which of its starts: host#1a2b3c4d. */
          worker_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          average_viewers?: number;
          bytes_in?: number;
          client_ip?: unknown;
          container_id?: string | null;
          created_at?: string;
          disconnected_at?: string | null;
          ended_reason?: string | null;
          error?: string | null;
          exit_code?: number | null;
          id?: string;
          is_active?: never;
          kind: string;
          last_seen_at?: string | null;
          media_server?: string | null;
          peak_viewers?: number;
          publisher_id?: string | null;
          resumed_at?: string | null;
          rtmp_url?: string | null;
          started_at?: string | null;
          status: string;
          stopped_at?: string | null;
          stream_id: string;
          stream_key_id?: string | null;
          unique_viewers?: number;
          user_id: string;
          video_source?: string | null;
          viewer_seconds?: number;
          worker_id?: string | null;
        };
        Update: {
          average_viewers?: number;
          bytes_in?: number;
          client_ip?: unknown;
          container_id?: string | null;
          created_at?: string;
          disconnected_at?: string | null;
          ended_reason?: string | null;
          error?: string | null;
          exit_code?: number | null;
          id?: string;
          is_active?: never;
          kind?: string;
          last_seen_at?: string | null;
          media_server?: string | null;
          peak_viewers?: number;
          publisher_id?: string | null;
          resumed_at?: string | null;
          rtmp_url?: string | null;
          started_at?: string | null;
          status?: string;
          stopped_at?: string | null;
          stream_id?: string;
          stream_key_id?: string | null;
          unique_viewers?: number;
          user_id?: string;
          video_source?: string | null;
          viewer_seconds?: number;
          worker_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'stream_sessions_stream_id_fkey';
            columns: ['stream_id'];
            isOneToOne: false;
            referencedRelation: 'streams';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'stream_sessions_user_id_fkey';
            columns: ['user_id'];
            isOneToOne: false;
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      /** A channel that can be broadcast to. All read public ones, the owner and admins every one; unlisted ones are reached through get_stream. Made by create_stream; the owner changes title, description, category, visibility and settings; the rest follows from stream_sessions by trigger. */
      streams: {
        Row: {
          /** One of the setting stream_categories, or null. */
          category: string | null;
          created_at: string;
          description: string | null;
          /** Who disabled it; what an admin disabled, only an admin enables. */
          disabled_by: string | null;
          /** When the last broadcast ended; null while live. */
          ended_at: string | null;
          /** From then on no publisher is admitted; null: never. */
          expires_at: string | null;
          id: string;
          is_live: boolean;
          /** Most viewers at once in the current or last session. */
          peak_viewers: number;
          /** The application's own JSON object of up to 16 kB; keys named by the setting stream_settings_types have that type. */
          settings: NonNullable<Json>;
          /** When the current or last broadcast began. */
          started_at: string | null;
          /** idle, live (a publisher is connected, or may reconnect within the grace), disabled (no publisher is admitted). */
          status: string;
          title: string;
          /** Its Realtime topic. Another one each time that the stream becomes private: whoever may not see it any more hears nothing more. */
          topic: string;
          /** How often the stream became private. */
          topic_epoch: number;
          updated_at: string;
          user_id: string;
          /** Viewers now, as of the last count. */
          viewer_count: number;
          /** public: listed; unlisted: for who has the id; private: for the owner. */
          visibility: string;
        };
        ComputedFields: never;
        Insert: {
          category?: string | null;
          created_at?: string;
          description?: string | null;
          disabled_by?: string | null;
          ended_at?: string | null;
          expires_at?: string | null;
          id?: string;
          is_live?: never;
          peak_viewers?: number;
          settings?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          title: string;
          topic?: never;
          topic_epoch?: number;
          updated_at?: string;
          user_id: string;
          viewer_count?: number;
          visibility?: string;
        };
        Update: {
          category?: string | null;
          created_at?: string;
          description?: string | null;
          disabled_by?: string | null;
          ended_at?: string | null;
          expires_at?: string | null;
          id?: string;
          is_live?: never;
          peak_viewers?: number;
          settings?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          title?: string;
          topic?: never;
          topic_epoch?: number;
          updated_at?: string;
          user_id?: string;
          viewer_count?: number;
          visibility?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'streams_user_id_fkey';
            columns: ['user_id'];
            isOneToOne: false;
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'streams_user_id_fkey1';
            columns: ['user_id'];
            isOneToOne: false;
            referencedRelation: 'profiles';
            referencedColumns: ['id'];
          },
        ];
      };
      /** The devices that a user is signed in on, one row per auth session that called register_device. Its owner reads it. */
      user_sessions: {
        Row: {
          created_at: string;
          device_name: string;
          /** web, phone, tablet, desktop, tv, console or other. */
          device_type: string;
          /** When the auth session ends by itself; null: it does not. */
          expires_at: string | null;
          /** The access token's session_id. */
          id: string;
          ip: unknown;
          /** When the device last called register_device. */
          last_seen_at: string;
          /** When revoke_session ended it. Access tokens already given out run to their expiry (an hour). */
          revoked_at: string | null;
          user_agent: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          device_name: string;
          device_type: string;
          expires_at?: string | null;
          id: string;
          ip?: unknown;
          last_seen_at?: string;
          revoked_at?: string | null;
          user_agent?: string | null;
          user_id: string;
        };
        Update: {
          created_at?: string;
          device_name?: string;
          device_type?: string;
          expires_at?: string | null;
          id?: string;
          ip?: unknown;
          last_seen_at?: string;
          revoked_at?: string | null;
          user_agent?: string | null;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'user_sessions_user_id_fkey';
            columns: ['user_id'];
            isOneToOne: false;
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      /** One row per auth.users, made by trigger. Its owner and admins read it; owners change first_name and last_name; role and package move through set_user_role and set_user_package; the rest follows from other rows by trigger. */
      users: {
        Row: {
          created_at: string;
          /** Copy of auth.users.email, kept by trigger. */
          email: string | null;
          first_name: string | null;
          id: string;
          /** Copy of auth.users.last_sign_in_at, kept by trigger. */
          last_login_at: string | null;
          last_name: string | null;
          /** When the package ends; null: it does not. */
          package_expires_at: string | null;
          package_type: string | null;
          role: string;
          /** Sessions running now, counted from stream_sessions by trigger. */
          streams_active: number;
          /** Sessions that may run at once, by package, expiry and the setting default_streams_allowed. Kept by trigger. */
          streams_allowed: number;
          updated_at: string;
          /** When the e-mail address was confirmed; copy of auth.users.email_confirmed_at. */
          verified_at: string | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          email?: string | null;
          first_name?: string | null;
          id: string;
          last_login_at?: string | null;
          last_name?: string | null;
          package_expires_at?: string | null;
          package_type?: string | null;
          role?: string;
          streams_active?: number;
          streams_allowed?: number;
          updated_at?: string;
          verified_at?: string | null;
        };
        Update: {
          created_at?: string;
          email?: string | null;
          first_name?: string | null;
          id?: string;
          last_login_at?: string | null;
          last_name?: string | null;
          package_expires_at?: string | null;
          package_type?: string | null;
          role?: string;
          streams_active?: number;
          streams_allowed?: number;
          updated_at?: string;
          verified_at?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'users_package_type_fkey';
            columns: ['package_type'];
            isOneToOne: false;
            referencedRelation: 'packages';
            referencedColumns: ['id'];
          },
        ];
      };
    };
    Views: { [_ in never]: never };
    Functions: {
      /** All claimed events up to this position are handled. The lease ends with the last of them. True if that was news; a repeated acknowledgement changes nothing. Raises claim_not_found, events_not_claimed. Callable by service_role. */
      acknowledge_events: {
        Args: {
          consumer: string;
          position: number;
        };
        Returns: boolean;
      };
      /** Forgets those of a bucket's files that are gone from storage, whoever deleted them, and returns how many. Callable by service_role. */
      acknowledge_file_deletions: {
        Args: {
          bucket_id: string;
          names: string[];
        };
        Returns: number;
      };
      /** Appends an event to an aggregate and returns where it stands. expected_version: the version that the caller decided on (0: none yet); null appends in any case. The same event_id again returns the first answer and writes nothing. Raises aggregate_id_invalid, aggregate_type_invalid, event_data_invalid, event_type_invalid, metadata_invalid, and version_conflict with both numbers. Callable by service_role. */
      append_event: {
        Args: {
          aggregate_id: string;
          aggregate_type: string;
          event_data: Json;
          event_id?: string;
          event_type: string;
          expected_version?: number;
          metadata?: Json;
          user_id?: string;
        };
        Returns: Database['public']['CompositeTypes']['appended_event'];
      };
      /** Appends 1 to 1000 events, [{event_type, event_data, user_id, metadata, event_id}], to an aggregate, all or none, with consecutive versions; returns where the last one stands. The same event ids again return the first answer. Raises aggregate_id_invalid, aggregate_type_invalid, event_data_invalid, event_id_conflict (some ids are known, others not), event_type_invalid, events_invalid, metadata_invalid, version_conflict. Callable by service_role. */
      append_events: {
        Args: {
          aggregate_id: string;
          aggregate_type: string;
          events: Json;
          expected_version?: number;
        };
        Returns: Database['public']['CompositeTypes']['appended_event'];
      };
      /** Lets a pending request be started; returns it. An approved one stays as it is. A file in storage is approved as it is now: one that takes its place is not pushed. For admins. Raises admin_required, notes_invalid, request_not_found, request_not_pending, sign_in_required. */
      approve_stream_request: {
        Args: {
          id: string;
          notes?: string;
        };
        Returns: Database['public']['Tables']['stream_requests']['Row'];
        SetofOptions: {
          from: '*';
          to: 'stream_requests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Detaches the oldest partitions of the event log whose events are all older than `before` and have been acknowledged by every consumer; snapshots their aggregates first. Returns the names of the detached tables, which stay in the schema private until somebody dumps and drops them. What is kept replays as before; for older versions replay says so. Callable by service_role. */
      archive_events: {
        Args: {
          before: string;
        };
        Returns: string[];
      };
      /** May whoever opened a playback address with this token play? A refusal is an answer: 404 stream_not_found, 403 stream_disabled or 403 playback_token_invalid. Callable by service_role and streams_service. */
      authorize_play: {
        Args: {
          stream_id: string;
          token?: string;
        };
        Returns: Database['public']['CompositeTypes']['play_answer'];
      };
      /** May this publisher (a connection publisher_id of media_server, from client_ip) broadcast to the stream with this key (the secret alone)? A refusal is an answer and never an exception, so that its record commits: 401 stream_key_invalid, 402 stream_limit_reached, 403 stream_disabled, 409 stream_already_live or 410 stream_expired. The same publisher asking again gets the same answer and the same session. Raises media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service. */
      begin_ingest: {
        Args: {
          client_ip?: string;
          key: string;
          media_server: string;
          publisher_id: string;
          stream_id: string;
        };
        Returns: Database['public']['CompositeTypes']['ingest_answer'];
      };
      /** Begins a run of a scheduled job, unless another run of it goes on. A run that outlives the job's timeout is recorded as failed when the next one begins. Raises job_not_found. Callable by service_role. */
      begin_job_run: {
        Args: {
          job_name: string;
        };
        Returns: Database['public']['CompositeTypes']['job_lease'];
      };
      /** What the edge function viewer asks before it counts a viewer, for whoever get_stream lets see the stream. Writes nothing. Raises stream_not_found, stream_not_live. */
      begin_viewing: {
        Args: {
          stream_id: string;
        };
        Returns: Database['public']['CompositeTypes']['begun_viewing'];
      };
      /** Gives a request up for good and returns it: it is stopped, or, where it is streaming, will be when its session has ended. A rejected one stays as it is. For the owner and admins. Raises request_not_found, sign_in_required. */
      cancel_stream_request: {
        Args: {
          id: string;
        };
        Returns: Database['public']['Tables']['stream_requests']['Row'];
        SetofOptions: {
          from: '*';
          to: 'stream_requests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** The next events of a consumer (made by its first claim, from the beginning of the log), at most max_count (1 to 1000), leased for lease_seconds (1 to 86400): handle them, then acknowledge_events with the last position. Not acknowledged in time, they are handed out again. With size > 1 that many members share the log by aggregate; member names one (0 to size - 1), null takes any that is free. No rows: nothing to do, or all members are leased. Raises consumer_busy (another size while members are at work), consumer_invalid, lease_seconds_invalid, max_count_invalid, member_invalid, size_invalid. Callable by service_role. */
      claim_events: {
        Args: {
          consumer: string;
          lease_seconds?: number;
          max_count?: number;
          member?: number;
          size?: number;
        };
        Returns: Database['public']['CompositeTypes']['event'][];
      };
      /** Gives the worker the session that has waited longest, for lease_seconds (10 to 3600), with the real source and target; or says when to ask again. Raises lease_seconds_invalid, worker_id_invalid. Callable by restream_worker and service_role. */
      claim_session: {
        Args: {
          lease_seconds: number;
          worker_id: string;
        };
        Returns: Database['public']['CompositeTypes']['session_claim'];
      };
      /** Settles restream sessions that were lost (worker's lease ran out, or starting for too long): queued anew up to restream_max_requeues times, then error with a reason; stopped where that was asked for. Run by the job cleanup-orphaned-streams and by each claim. Returns how many; those being changed at the moment wait for the next run. Callable by service_role and streams_service. */
      cleanup_orphaned_streams: {
        Args: Record<PropertyKey, never>;
        Returns: number;
      };
      /** Stores an aggregate's state after one of its events, as an application that folds events its own way computed it; true if there was none. It is kept as it is, so leave personal values out. Snapshots are also taken by themselves, every events_per_snapshot events. Raises event_not_found, and state_invalid past 1 MB. Callable by service_role. */
      create_snapshot: {
        Args: {
          aggregate_id: string;
          aggregate_type: string;
          state: Json;
          version: number;
        };
        Returns: boolean;
      };
      /** Makes a stream and its first key. For signed-in users. Raises category_invalid, description_invalid, max_streams_reached, settings_invalid, sign_in_required, title_invalid, visibility_invalid. */
      create_stream: {
        Args: {
          category?: string;
          description?: string;
          settings?: Json;
          title: string;
          visibility?: string;
        };
        Returns: Database['public']['CompositeTypes']['created_stream'];
      };
      /** Deletes the caller's account with all that is theirs, for good: broadcasts end, personal values in the event log are erased. docs/personal-data.md says what is kept. For signed-in users. Raises last_admin, sign_in_required. */
      delete_account: {
        Args: Record<PropertyKey, never>;
        Returns: undefined;
      };
      /** Ends a stream's running session and deletes the stream with its keys and sessions. For the owner and admins. Raises sign_in_required, stream_not_found. */
      delete_stream: {
        Args: {
          stream_id: string;
        };
        Returns: undefined;
      };
      /** Ends a stream's running session and admits no publisher until enable_stream; returns the row. For the owner and admins. Raises sign_in_required, stream_not_found. */
      disable_stream: {
        Args: {
          stream_id: string;
        };
        Returns: Database['public']['Tables']['streams']['Row'];
        SetofOptions: {
          from: '*';
          to: 'streams';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Lets a disabled stream be broadcast to again; returns the row. For the owner and admins. Raises disabled_by_admin, sign_in_required, stream_not_found. */
      enable_stream: {
        Args: {
          stream_id: string;
        };
        Returns: Database['public']['Tables']['streams']['Row'];
        SetofOptions: {
          from: '*';
          to: 'streams';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** A publisher went: its session is disconnected and stops when the reconnect grace is over (reap_sessions), unless it comes back. bytes_in: what it sent over this connection. A publisher that holds no session changes nothing. Raises media_server_invalid, publisher_id_invalid. Callable by service_role and streams_service. */
      end_ingest: {
        Args: {
          bytes_in?: number;
          media_server: string;
          publisher_id: string;
        };
        Returns: Database['public']['CompositeTypes']['ended_ingest'];
      };
      /** Each consumer with how far its slowest member has come (acknowledged_position), how many positions it lags behind the newest, and how many of its members hold a lease. For admins. Raises admin_required, sign_in_required. */
      event_consumers: {
        Args: Record<PropertyKey, never>;
        Returns: {
          acknowledged_position: number;
          consumer: string;
          lag: number;
          leased_members: number;
          size: number;
        }[];
      };
      /** Lets users.streams_allowed follow packages that ran out (admission looks at the expiry itself); run by the job expire-packages. Returns how many users changed. Callable by service_role. */
      expire_packages: {
        Args: Record<PropertyKey, never>;
        Returns: number;
      };
      /** Records how a run ended, and lets the job run again. A result of null, 0, {} or [] means that there was nothing to do: that is not recorded. True if it was news: false for a run that has ended already, by itself or as timed out. Raises result_invalid past 256 kB. Callable by service_role. */
      finish_job_run: {
        Args: {
          error?: string;
          job_name: string;
          ok: boolean;
          result?: Json;
          run_id: number;
        };
        Returns: boolean;
      };
      /** Why publishers of a stream were admitted or refused, newest first, at most 1000 of since <= created_at < until. Wrong keys from one address within a minute are one row with their number in attempts. For the stream's owner and admins. Raises sign_in_required, stream_not_found. */
      get_admissions: {
        Args: {
          max_count?: number;
          since?: string;
          stream_id: string;
          until?: string;
        };
        Returns: {
          active_count: number;
          admitted: boolean;
          attempts: number;
          client_ip: unknown;
          created_at: string;
          key_prefix: string;
          limit_count: number;
          media_server: string;
          message: string;
          rule: string;
          session_id: string;
        }[];
      };
      /** What happened to a user and to what is theirs, newest first, of since <= created_at < until, at most max_count (1 to 1000). The next page: before_position = the last position read. For signed-in users their own, for admins anyone's. Raises audit_trail_forbidden, max_count_invalid, sign_in_required. */
      get_audit_trail: {
        Args: {
          before_position?: number;
          max_count?: number;
          since?: string;
          until?: string;
          user_id: string;
        };
        Returns: Database['public']['CompositeTypes']['event'][];
      };
      /** The sessions of which record_viewers wants a sample: all that are live, and those that ended within the last minute until their end is recorded. One array, because the API cuts rows off after max_rows. Callable by service_role. */
      get_counted_sessions: {
        Args: Record<PropertyKey, never>;
        Returns: Database['public']['CompositeTypes']['counted_session'][];
      };
      /** An aggregate's events in the order of their versions, from from_version on, at most max_count (1 to 1000). Raises max_count_invalid. Callable by service_role. */
      get_events: {
        Args: {
          aggregate_id: string;
          aggregate_type: string;
          from_version?: number;
          max_count?: number;
        };
        Returns: Database['public']['CompositeTypes']['event'][];
      };
      /** The last runs of a scheduled job that did something or failed, newest first, at most 1000; before them the one that goes on now, if any (ok is null). For admins. Raises admin_required, sign_in_required. */
      get_job_runs: {
        Args: {
          max_count?: number;
          name: string;
        };
        Returns: {
          error: string;
          finished_at: string;
          id: number;
          job_name: string;
          ok: boolean;
          result: Json;
          started_at: string;
        }[];
      };
      /** Where to play a live stream. Addresses of unlisted and private streams carry a token that can be opened until expires_at; those of public streams do not end. For whoever get_stream lets see it. Raises stream_not_found, stream_not_live. */
      get_playback: {
        Args: {
          stream_id: string;
        };
        Returns: Database['public']['CompositeTypes']['playback'];
      };
      /** All settings with their values and meaning. For admins. Raises admin_required, sign_in_required. */
      get_settings: {
        Args: Record<PropertyKey, never>;
        Returns: {
          comment: string;
          key: string;
          value: Json;
        }[];
      };
      /** The newest snapshot of an aggregate, or the newest at or before a version; no row where there is none. Callable by service_role. */
      get_snapshot: {
        Args: {
          aggregate_id: string;
          aggregate_type: string;
          at_version?: number;
        };
        Returns: Database['public']['CompositeTypes']['event_snapshot'][];
      };
      /** A stream by its id: public and unlisted ones for everybody, private ones for their owner and admins. Raises stream_not_found. */
      get_stream: {
        Args: {
          stream_id: string;
        };
        Returns: Database['public']['Tables']['streams']['Row'];
        SetofOptions: {
          from: '*';
          to: 'streams';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** How a restream session goes, newest first, a row every 10 s, at most 10000: bitrate in kbit/s, frames per second, speed (1 is real time), dropped frames and seconds pushed so far. For the owner and admins. Raises session_not_found, sign_in_required. */
      get_stream_health: {
        Args: {
          max_count?: number;
          session_id: string;
          since?: string;
        };
        Returns: {
          bitrate_kbps: number;
          created_at: string;
          dropped_frames: number;
          fps: number;
          out_seconds: number;
          speed: number;
        }[];
      };
      /** A stream's newest 100 keys by their first 8 characters, never the secret. For the owner. Raises sign_in_required, stream_not_found. */
      get_stream_keys: {
        Args: {
          stream_id: string;
        };
        Returns: {
          created_at: string;
          expires_at: string;
          id: string;
          last_used_at: string;
          prefix: string;
          revoked_at: string;
        }[];
      };
      /** The last count that was stored, of any stream, or null; what viewers are told while Redis is away. Callable by service_role. */
      get_viewer_count: {
        Args: {
          stream_id: string;
        };
        Returns: number;
      };
      /** Viewers over time, for charts: for each bucket of since <= time < until that has samples its begin and the average, highest and last number of viewers at once. bucket_seconds: 10 to 86400, and at most 10000 buckets. For the stream's owner and admins. Raises bucket_seconds_invalid, range_invalid, sign_in_required, stream_not_found. */
      get_viewer_history: {
        Args: {
          bucket_seconds?: number;
          since?: string;
          stream_id: string;
          until?: string;
        };
        Returns: {
          average_viewers: number;
          bucket: string;
          last_viewers: number;
          peak_viewers: number;
        }[];
      };
      /** Makes the partitions that the log tables need next and drops those past their keeping; run by the job maintain-partitions. Returns how many were dropped. Callable by service_role. */
      maintain_partitions: {
        Args: Record<PropertyKey, never>;
        Returns: number;
      };
      /** The sign-in providers linked to the caller's account, without any token. For signed-in users. Raises sign_in_required. */
      my_linked_accounts: {
        Args: Record<PropertyKey, never>;
        Returns: {
          last_sign_in_at: string;
          linked_at: string;
          provider: string;
          provider_account_id: string;
        }[];
      };
      /** Gives a session the signed URL of its file in storage, so that workers can claim it. Nothing happens to a session that has ended or reads from elsewhere. Raises source_url_invalid. Callable by service_role. */
      provide_session_source: {
        Args: {
          session_id: string;
          source_url: string;
        };
        Returns: undefined;
      };
      /** The log in order, after a position, at most max_count (1 to 1000), of one aggregate type and some event types where given. Call again with the last position read: no event is passed over, however late its transaction commits; what may still change is left for the next call. Raises max_count_invalid. Callable by service_role. */
      read_events: {
        Args: {
          after_position?: number;
          aggregate_type?: string;
          event_types?: string[];
          max_count?: number;
        };
        Returns: Database['public']['CompositeTypes']['event'][];
      };
      /** Stops the ingest sessions whose publisher did not come back within the reconnect grace, and those whose media server has not been heard of for the lease; run by the job reap-sessions. Returns how many. Users that are being changed at the moment wait for the next run. Callable by service_role and streams_service. */
      reap_sessions: {
        Args: Record<PropertyKey, never>;
        Returns: number;
      };
      /** Writes what Redis counted, [{stream_id, session_id, at_ms, viewers, peak, uniques, viewer_seconds}] (totals since the session began, at at_ms milliseconds since 1970), to streams, sessions and history, and tells each stream whose number changed. A sample that is not newer than the last one of its session changes nothing, nor does one of a session that has ended, but for the first that was taken after its end within a minute: that one counts as of the end, and its numbers are the event SessionCounted. One of a row that is being changed at the moment is left for the next. Raises samples_invalid. Callable by service_role. */
      record_viewers: {
        Args: {
          samples: Json;
        };
        Returns: Database['public']['CompositeTypes']['recorded_viewers'];
      };
      /** Names the device of the caller's session, or says that it is still in use; returns its row. For signed-in users. Raises device_name_invalid, device_type_invalid, session_required, session_revoked, sign_in_required. */
      register_device: {
        Args: {
          device_name: string;
          device_type: string;
        };
        Returns: Database['public']['Tables']['user_sessions']['Row'];
        SetofOptions: {
          from: '*';
          to: 'user_sessions';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Refuses a request for good, or takes an approval back and stops what is streaming; returns it. For admins. Raises admin_required, notes_invalid, request_not_found, sign_in_required. */
      reject_stream_request: {
        Args: {
          id: string;
          notes?: string;
        };
        Returns: Database['public']['Tables']['stream_requests']['Row'];
        SetofOptions: {
          from: '*';
          to: 'stream_requests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** A media server says which publishers it has; their leases run anew. With is_complete the list is everything it has, and its other sessions are disconnected. Raises media_server_invalid, publisher_ids_invalid. Callable by service_role and streams_service. */
      renew_ingest: {
        Args: {
          is_complete?: boolean;
          media_server: string;
          publisher_ids: string[];
        };
        Returns: Database['public']['CompositeTypes']['renewed_ingest'];
      };
      /** The worker's lease runs anew. stats, {bitrate_kbps, fps, speed, dropped_frames, out_seconds}, go to get_stream_health. A session whose file in storage was replaced is to stop. Raises lease_lost (stop pushing at once), stats_invalid. Callable by restream_worker and service_role. */
      renew_session: {
        Args: {
          session_id: string;
          stats?: Json;
          worker_id: string;
        };
        Returns: Database['public']['CompositeTypes']['renewed_session'];
      };
      /** The state of an aggregate as of a moment, at a version, or now: the nearest snapshot plus the events after it. Null before its first event, and after its end. Personal values of a user whose account is gone are "erased". Raises events_archived for a time whose events have been archived. Callable by service_role. */
      replay: {
        Args: {
          aggregate_id: string;
          aggregate_type: string;
          as_of?: string;
          at_version?: number;
        };
        Returns: Json;
      };
      /** The worker says what became of its session: running (it pushes; container_id where it has one), stopped (the video ended, or it was asked to), error (with what ffmpeg said last and its exit code), starting (it gives the session back to the queue). The same end told twice is answered twice. Raises container_id_invalid, lease_lost, status_invalid. Callable by restream_worker and service_role. */
      report_session: {
        Args: {
          container_id?: string;
          error?: string;
          exit_code?: number;
          session_id: string;
          status: string;
          worker_id: string;
        };
        Returns: Database['public']['CompositeTypes']['reported_session'];
      };
      /** Asks for a video to be pushed to an RTMP address elsewhere; returns the request, its key masked. video_source: an http(s) address, or videos/<your id>/<file> in storage. rtmp_url: rtmp:// or rtmps:// with application and key. repeat: until stopped. For signed-in users. Raises description_invalid, max_requests_reached, rtmp_url_forbidden, rtmp_url_invalid, sign_in_required, title_invalid, video_not_found, video_source_forbidden, video_source_invalid. */
      request_stream: {
        Args: {
          description?: string;
          repeat?: boolean;
          rtmp_url: string;
          title: string;
          video_source: string;
        };
        Returns: Database['public']['Tables']['stream_requests']['Row'];
        SetofOptions: {
          from: '*';
          to: 'stream_requests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Signs one of the caller's devices out: its refresh token ends at once, its access token at its expiry. Returns the row; a second call changes nothing. For signed-in users. Raises device_not_found, sign_in_required. */
      revoke_session: {
        Args: {
          id: string;
        };
        Returns: Database['public']['Tables']['user_sessions']['Row'];
        SetofOptions: {
          from: '*';
          to: 'user_sessions';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Gives a stream a new key. Older keys work for grace_seconds more (0 to 604800); a broadcast under way goes on. For the owner. Raises grace_seconds_invalid, sign_in_required, stream_not_found. */
      rotate_stream_key: {
        Args: {
          grace_seconds?: number;
          stream_id: string;
        };
        Returns: Database['public']['CompositeTypes']['rotated_stream_key'];
      };
      /** Changes a setting to a value of the same JSON type and returns it. For admins. Raises admin_required, setting_not_found, sign_in_required, value_invalid. */
      set_setting: {
        Args: {
          key: string;
          value: Json;
        };
        Returns: Json;
      };
      /** Gives a user a package until expires_at (null: no end), or none; returns the changed row. For admins. Raises admin_required, expires_at_invalid, package_type_invalid, sign_in_required, user_not_found. */
      set_user_package: {
        Args: {
          expires_at?: string;
          package_type: string;
          user_id: string;
        };
        Returns: Database['public']['Tables']['users']['Row'];
        SetofOptions: {
          from: '*';
          to: 'users';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Gives a user the role user, moderator or admin; returns the changed row. For admins. Raises admin_required, last_admin, role_invalid, sign_in_required, user_not_found. */
      set_user_role: {
        Args: {
          role: string;
          user_id: string;
        };
        Returns: Database['public']['Tables']['users']['Row'];
        SetofOptions: {
          from: '*';
          to: 'users';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Starts an approved request, or one that stopped: returns its session, starting; the active one where it is streaming already. A file in storage waits for provide_session_source, so call the edge function stream-start. For the owner and admins. Raises max_streams_reached, request_not_approved, request_not_found, sign_in_required, stream_disabled, stream_expired, stream_limit_reached, video_changed. */
      start_stream_request: {
        Args: {
          request_id: string;
        };
        Returns: Database['public']['Tables']['stream_sessions']['Row'];
        SetofOptions: {
          from: '*';
          to: 'stream_sessions';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Asks for a restream session to be stopped and returns it: stopping while its worker ends it, stopped if none has it; one that ended stays as it is. For the owner and admins. Raises session_not_found, session_not_restream, sign_in_required. */
      stop_restream: {
        Args: {
          session_id: string;
        };
        Returns: Database['public']['Tables']['stream_sessions']['Row'];
        SetofOptions: {
          from: '*';
          to: 'stream_sessions';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      /** Files to delete now, at most 1000, those first that were tried the longest time ago: what cannot be deleted holds up nothing else. Callable by service_role. */
      take_file_deletions: {
        Args: {
          max_count?: number;
        };
        Returns: Database['public']['CompositeTypes']['file_deletion'][];
      };
      /** The stream that a key in its pasted form (<stream id>?key=<secret>) opens, or null. Says nothing of limits; begin_ingest decides. Callable by service_role and streams_service. */
      validate_stream_key: {
        Args: {
          stream_key: string;
        };
        Returns: string;
      };
      /** Computes an aggregate's chain of hashes anew, and names the first event that was changed, removed or inserted. Callable by service_role. */
      verify_events: {
        Args: {
          aggregate_id: string;
          aggregate_type: string;
        };
        Returns: Database['public']['CompositeTypes']['event_proof'];
      };
    };
    Enums: { [_ in never]: never };
    CompositeTypes: {
      /** Where an event stands. */
      appended_event: {
        created_at: string;
        /** Its place in the whole log. */
        position: number;
        /** Its place within the aggregate, from 1. */
        version: number;
      };
      /** What begin_viewing answers. */
      begun_viewing: {
        /** The stream's session that is live. */
        session_id: string;
        /** The terms for this viewer. */
        settings: Database['public']['CompositeTypes']['viewer_settings'];
        /** When it began. */
        started_at: string;
        /** The last count that was stored. */
        viewer_count: number;
      };
      /** A restream session as its worker gets it, with its secrets. */
      claimed_session: {
        /** From 1; more when workers before this one have lost it. */
        attempt: number;
        /** The session. */
        id: string;
        /** Whether that is a file in storage. */
        is_storage: boolean;
        /** How long the worker holds it, counted anew at each renewal. */
        lease_seconds: number;
        /** Begin again at the end of the video, until stopped. */
        repeat: boolean;
        /** Where it is pushed to. */
        rtmp_url: string;
        /** Where the worker reads the video. */
        source_url: string;
      };
      /** A session of which record_viewers wants a sample, with what is stored of it. */
      counted_session: {
        /** False: it is live. */
        has_ended: boolean;
        /** The most viewers at once that are stored. */
        peak_viewers: number;
        /** The session. */
        session_id: string;
        /** When it began. */
        started_at: string;
        /** Whose session it is. */
        stream_id: string;
        /** What its viewers have watched together, as stored. */
        viewer_seconds: number;
      };
      /** What create_stream answers. */
      created_stream: {
        /** What goes into the encoder's "server" field. */
        rtmp_url: string;
        /** The stream's row. */
        stream: Database['public']['Tables']['streams']['Row'];
        /** What goes into the encoder's "stream key" field; it is shown only here. */
        stream_key: string;
      };
      /** What end_ingest answers. */
      ended_ingest: {
        /** Whether the publisher held a session. */
        ended: boolean;
        /** The session that it left; null: it held none. */
        session_id: string | null;
      };
      /** An event as readers get it. Personal values of a user whose account is gone are "erased"; data too deep to be read is {"set_aside": true}. */
      event: {
        aggregate_id: string;
        aggregate_type: string;
        created_at: string;
        event_data: Json;
        event_type: string;
        id: string;
        metadata: Json;
        position: number;
        /** Whose history it belongs to; null: nobody's. */
        user_id: string | null;
        version: number;
      };
      /** What verify_events found. */
      event_proof: {
        /** How many events hold. */
        checked: number;
        /** The first event that does not; null: all do. */
        first_broken_version: number | null;
        /** Whether nobody changed, removed or inserted an event. */
        valid: boolean;
      };
      /** The state of an aggregate after one of its events. */
      event_snapshot: {
        /** When that event happened. */
        created_at: string;
        /** null: the aggregate had ended. */
        state: Json | null;
        version: number;
      };
      /** A file that is to be deleted. */
      file_deletion: {
        /** Its bucket. */
        bucket_id: string;
        /** Its path in the bucket. */
        name: string;
      };
      /** What begin_ingest answers: a session, or a refusal. */
      ingest_answer: {
        /** Whether the publisher may broadcast. */
        admitted: boolean;
        /** stream_key_invalid, stream_limit_reached, stream_disabled, stream_already_live or stream_expired; null: admitted. */
        code: string | null;
        /** What to do next; null: admitted. */
        hint: string | null;
        /** Why the publisher was refused; null: admitted. */
        message: string | null;
        /** Whether a publisher that had gone is back in its session; null: refused. */
        resumed: boolean | null;
        /** The publisher's session; null: refused. */
        session_id: string | null;
        /** The refusal's HTTP status; null: admitted. */
        status: number | null;
        /** The session's stream; null: refused. */
        stream_id: string | null;
        /** Whose stream it is; null: refused. */
        user_id: string | null;
      };
      /** What begin_job_run answers. */
      job_lease: {
        /** Whether a run has begun; not while another one of the job goes on. */
        begun: boolean;
        /** When the run that goes on counts as failed. */
        leased_until: string;
        /** The run to finish; null: none has begun. */
        run_id: number | null;
      };
      /** What authorize_play answers. */
      play_answer: {
        /** Whether the player may play. */
        allowed: boolean;
        /** stream_not_found, stream_disabled or playback_token_invalid; null: allowed. */
        code: string | null;
        /** What to do next; null: allowed. */
        hint: string | null;
        /** Why the player was refused; null: allowed. */
        message: string | null;
        /** The refusal's HTTP status; null: allowed. */
        status: number | null;
      };
      /** What get_playback answers: where to play a stream. */
      playback: {
        /** Until when the addresses can be opened; null: they do not end. */
        expires_at: string | null;
        /** Its address as HTTP-FLV; null: not offered. */
        flv_url: string | null;
        /** Its address as HLS; null: not offered. */
        hls_url: string | null;
      };
      /** What record_viewers answers. */
      recorded_viewers: {
        /** Streams whose numbers changed, and which were told. */
        changed: number;
        /** Samples that were stored. */
        recorded: number;
      };
      /** What renew_ingest answers. */
      renewed_ingest: {
        /** How many sessions of other publishers were disconnected, because the list is complete. */
        disconnected: number;
        /** The publishers whose leases run anew. */
        renewed: string[];
        /** The publishers whose sessions have ended: the media server should drop them. */
        unknown: string[];
      };
      /** What renew_session answers. */
      renewed_session: {
        /** How long the worker holds it from now on. */
        lease_seconds: number;
        /** The session's status; stopping asks its worker to stop. */
        status: string;
      };
      /** What report_session answers. */
      reported_session: {
        /** The session's status now. */
        status: string;
      };
      /** What rotate_stream_key answers. */
      rotated_stream_key: {
        /** Until when older keys work, at the latest. */
        previous_valid_until: string;
        /** What goes into the encoder's "stream key" field; it is shown only here. */
        stream_key: string;
      };
      /** What claim_session answers. */
      session_claim: {
        /** When the next lease of another worker runs out; null with a session, and where none is held. */
        retry_in_seconds: number | null;
        /** What holds for its addresses; null without a session. */
        rules: Database['public']['CompositeTypes']['worker_rules'] | null;
        /** The session that the worker holds from now on; null: none waits. */
        session: Database['public']['CompositeTypes']['claimed_session'] | null;
      };
      /** The settings of the same names, as they are for who joins now. */
      viewer_settings: {
        /** Requests that one address may send at once. */
        viewer_address_requests_burst: number;
        /** Requests per second of one address, once its burst is used up. */
        viewer_address_requests_per_second: number;
        /** Beats that a viewer may send at once. */
        viewer_beats_burst: number;
        /** Beats per second, once the burst is used up. */
        viewer_beats_per_second: number;
        /** How often a viewer shall beat. */
        viewer_heartbeat_seconds: number;
        /** How long a viewer counts after its last beat. */
        viewer_ttl_seconds: number;
      };
      /** Which addresses a worker may connect to. */
      worker_rules: {
        /** Hosts ("host" or "host:port") that it may read from although they are in one of these. */
        allowed_source_hosts: string[];
        /** Hosts ("host" or "host:port") that it may push to although they are in one of these. */
        allowed_target_hosts: string[];
        /** The networks that it may not. */
        forbidden_networks: unknown[];
      };
    };
  };
};

type Public = Database['public'];

/** A row of a table or view as it is read. */
export type Tables<Name extends keyof (Public['Tables'] & Public['Views'])> = (Public['Tables'] &
  Public['Views'])[Name]['Row'];

/** What inserting into a table takes. */
export type TablesInsert<Name extends keyof Public['Tables']> = Public['Tables'][Name]['Insert'];

/** What updating a table takes. */
export type TablesUpdate<Name extends keyof Public['Tables']> = Public['Tables'][Name]['Update'];

/** The values of an enum. */
export type Enums<Name extends keyof Public['Enums']> = Public['Enums'][Name];
