/** The schema `public` as TypeScript: made by `npm run gen:types`, not by hand. */

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      packages: {
        Row: {
          active: boolean;
          billing_interval: string;
          currency: string;
          id: string;
          name: string;
          price_cents: number;
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
      profiles: {
        Row: {
          avatar_url: string | null;
          bio: string | null;
          created_at: string;
          display_name: string | null;
          id: string;
          updated_at: string;
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
      stream_sessions: {
        Row: {
          average_viewers: number;
          bytes_in: number;
          client_ip: unknown;
          container_id: string | null;
          created_at: string;
          disconnected_at: string | null;
          ended_reason: string | null;
          error: string | null;
          id: string;
          is_active: boolean;
          kind: string;
          last_seen_at: string | null;
          media_server: string | null;
          peak_viewers: number;
          publisher_id: string | null;
          resumed_at: string | null;
          rtmp_url: string | null;
          started_at: string | null;
          status: string;
          stopped_at: string | null;
          stream_id: string;
          stream_key_id: string | null;
          unique_viewers: number;
          user_id: string;
          video_source: string | null;
          viewer_seconds: number;
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
      streams: {
        Row: {
          category: string | null;
          created_at: string;
          description: string | null;
          disabled_by: string | null;
          ended_at: string | null;
          expires_at: string | null;
          id: string;
          is_live: boolean;
          peak_viewers: number;
          settings: NonNullable<Json>;
          started_at: string | null;
          status: string;
          title: string;
          updated_at: string;
          user_id: string;
          viewer_count: number;
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
        ];
      };
      user_sessions: {
        Row: {
          created_at: string;
          device_name: string;
          device_type: string;
          expires_at: string | null;
          id: string;
          ip: unknown;
          last_seen_at: string;
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
      users: {
        Row: {
          created_at: string;
          email: string | null;
          first_name: string | null;
          id: string;
          last_login_at: string | null;
          last_name: string | null;
          package_expires_at: string | null;
          package_type: string | null;
          role: string;
          streams_active: number;
          streams_allowed: number;
          updated_at: string;
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
    Views: {
      [_ in never]: never;
    };
    Functions: {
      authorize_play: { Args: { stream_id: string; token?: string }; Returns: Json };
      begin_ingest: {
        Args: {
          client_ip?: string;
          key: string;
          media_server: string;
          publisher_id: string;
          stream_id: string;
        };
        Returns: Json;
      };
      create_stream: {
        Args: {
          category?: string;
          description?: string;
          settings?: Json;
          title: string;
          visibility?: string;
        };
        Returns: Json;
      };
      delete_stream: { Args: { stream_id: string }; Returns: undefined };
      disable_stream: {
        Args: { stream_id: string };
        Returns: {
          category: string | null;
          created_at: string;
          description: string | null;
          disabled_by: string | null;
          ended_at: string | null;
          expires_at: string | null;
          id: string;
          is_live: boolean;
          peak_viewers: number;
          settings: NonNullable<Json>;
          started_at: string | null;
          status: string;
          title: string;
          updated_at: string;
          user_id: string;
          viewer_count: number;
          visibility: string;
        };
        SetofOptions: {
          from: '*';
          to: 'streams';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      enable_stream: {
        Args: { stream_id: string };
        Returns: {
          category: string | null;
          created_at: string;
          description: string | null;
          disabled_by: string | null;
          ended_at: string | null;
          expires_at: string | null;
          id: string;
          is_live: boolean;
          peak_viewers: number;
          settings: NonNullable<Json>;
          started_at: string | null;
          status: string;
          title: string;
          updated_at: string;
          user_id: string;
          viewer_count: number;
          visibility: string;
        };
        SetofOptions: {
          from: '*';
          to: 'streams';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      end_ingest: {
        Args: { bytes_in?: number; media_server: string; publisher_id: string };
        Returns: Json;
      };
      expire_packages: { Args: Record<PropertyKey, never>; Returns: number };
      get_admissions: {
        Args: { max_count?: number; since?: string; stream_id: string; until?: string };
        Returns: {
          active_count: number;
          admitted: boolean;
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
      get_playback: { Args: { stream_id: string }; Returns: Json };
      get_settings: {
        Args: Record<PropertyKey, never>;
        Returns: {
          comment: string;
          key: string;
          value: Json;
        }[];
      };
      get_stream: {
        Args: { stream_id: string };
        Returns: {
          category: string | null;
          created_at: string;
          description: string | null;
          disabled_by: string | null;
          ended_at: string | null;
          expires_at: string | null;
          id: string;
          is_live: boolean;
          peak_viewers: number;
          settings: NonNullable<Json>;
          started_at: string | null;
          status: string;
          title: string;
          updated_at: string;
          user_id: string;
          viewer_count: number;
          visibility: string;
        };
        SetofOptions: {
          from: '*';
          to: 'streams';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      get_stream_keys: {
        Args: { stream_id: string };
        Returns: {
          created_at: string;
          expires_at: string;
          id: string;
          last_used_at: string;
          prefix: string;
          revoked_at: string;
        }[];
      };
      maintain_partitions: { Args: Record<PropertyKey, never>; Returns: number };
      my_linked_accounts: {
        Args: Record<PropertyKey, never>;
        Returns: {
          last_sign_in_at: string;
          linked_at: string;
          provider: string;
          provider_account_id: string;
        }[];
      };
      reap_sessions: { Args: Record<PropertyKey, never>; Returns: number };
      register_device: {
        Args: { device_name: string; device_type: string };
        Returns: {
          created_at: string;
          device_name: string;
          device_type: string;
          expires_at: string | null;
          id: string;
          ip: unknown;
          last_seen_at: string;
          revoked_at: string | null;
          user_agent: string | null;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'user_sessions';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      renew_ingest: {
        Args: { is_complete?: boolean; media_server: string; publisher_ids: string[] };
        Returns: Json;
      };
      revoke_session: {
        Args: { id: string };
        Returns: {
          created_at: string;
          device_name: string;
          device_type: string;
          expires_at: string | null;
          id: string;
          ip: unknown;
          last_seen_at: string;
          revoked_at: string | null;
          user_agent: string | null;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'user_sessions';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      rotate_stream_key: { Args: { grace_seconds?: number; stream_id: string }; Returns: Json };
      set_setting: { Args: { key: string; value: Json }; Returns: Json };
      set_user_package: {
        Args: { expires_at?: string; package_type: string; user_id: string };
        Returns: {
          created_at: string;
          email: string | null;
          first_name: string | null;
          id: string;
          last_login_at: string | null;
          last_name: string | null;
          package_expires_at: string | null;
          package_type: string | null;
          role: string;
          streams_active: number;
          streams_allowed: number;
          updated_at: string;
          verified_at: string | null;
        };
        SetofOptions: {
          from: '*';
          to: 'users';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      set_user_role: {
        Args: { role: string; user_id: string };
        Returns: {
          created_at: string;
          email: string | null;
          first_name: string | null;
          id: string;
          last_login_at: string | null;
          last_name: string | null;
          package_expires_at: string | null;
          package_type: string | null;
          role: string;
          streams_active: number;
          streams_allowed: number;
          updated_at: string;
          verified_at: string | null;
        };
        SetofOptions: {
          from: '*';
          to: 'users';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      validate_stream_key: { Args: { stream_key: string }; Returns: string };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, 'public'>];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    ? (DefaultSchema['Tables'] & DefaultSchema['Views'])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema['Tables']
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema['Tables']
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema['Enums']
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums']
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums'][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums']
    ? DefaultSchema['Enums'][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema['CompositeTypes']
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes']
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes'][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema['CompositeTypes']
    ? DefaultSchema['CompositeTypes'][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
