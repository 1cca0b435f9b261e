CREATE TABLE public.ab_api_key (
    id integer NOT NULL,
    uuid character varying(36) NOT NULL,
    name character varying(256) NOT NULL,
    key_hash character varying(256) NOT NULL,
    lookup_hash character varying(256),
    key_prefix character varying(16) NOT NULL,
    user_id integer NOT NULL,
    scopes text,
    active boolean NOT NULL,
    created_on timestamp without time zone,
    expires_on timestamp without time zone,
    revoked_on timestamp without time zone,
    last_used_on timestamp without time zone
);
CREATE SEQUENCE public.ab_api_key_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_api_key_id_seq OWNED BY public.ab_api_key.id;
CREATE TABLE public.ab_group (
    id integer NOT NULL,
    name character varying(100) NOT NULL,
    label character varying(150),
    description character varying(512)
);
CREATE SEQUENCE public.ab_group_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_group_id_seq OWNED BY public.ab_group.id;
CREATE TABLE public.ab_group_role (
    id integer NOT NULL,
    group_id integer,
    role_id integer
);
CREATE SEQUENCE public.ab_group_role_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_group_role_id_seq OWNED BY public.ab_group_role.id;
CREATE TABLE public.ab_permission (
    id integer NOT NULL,
    name character varying(100) NOT NULL
);
CREATE SEQUENCE public.ab_permission_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_permission_id_seq OWNED BY public.ab_permission.id;
CREATE TABLE public.ab_permission_view (
    id integer NOT NULL,
    permission_id integer NOT NULL,
    view_menu_id integer NOT NULL
);
CREATE SEQUENCE public.ab_permission_view_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_permission_view_id_seq OWNED BY public.ab_permission_view.id;
CREATE TABLE public.ab_permission_view_role (
    id integer NOT NULL,
    permission_view_id integer,
    role_id integer
);
CREATE SEQUENCE public.ab_permission_view_role_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_permission_view_role_id_seq OWNED BY public.ab_permission_view_role.id;
CREATE TABLE public.ab_register_user (
    id integer NOT NULL,
    first_name character varying(64) NOT NULL,
    last_name character varying(64) NOT NULL,
    username character varying(128) NOT NULL,
    password character varying(256),
    email character varying(320) NOT NULL,
    registration_date timestamp without time zone,
    registration_hash character varying(256)
);
CREATE SEQUENCE public.ab_register_user_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_register_user_id_seq OWNED BY public.ab_register_user.id;
CREATE TABLE public.ab_role (
    id integer NOT NULL,
    name character varying(64) NOT NULL
);
CREATE SEQUENCE public.ab_role_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_role_id_seq OWNED BY public.ab_role.id;
CREATE TABLE public.ab_user (
    id integer NOT NULL,
    first_name character varying(64) NOT NULL,
    last_name character varying(64) NOT NULL,
    username character varying(128) NOT NULL,
    password character varying(256),
    active boolean,
    email character varying(320) NOT NULL,
    last_login timestamp without time zone,
    login_count integer,
    fail_login_count integer,
    created_on timestamp without time zone,
    changed_on timestamp without time zone,
    created_by_fk integer,
    changed_by_fk integer
);
CREATE TABLE public.ab_user_group (
    id integer NOT NULL,
    user_id integer,
    group_id integer
);
CREATE SEQUENCE public.ab_user_group_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_user_group_id_seq OWNED BY public.ab_user_group.id;
CREATE SEQUENCE public.ab_user_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_user_id_seq OWNED BY public.ab_user.id;
CREATE TABLE public.ab_user_role (
    id integer NOT NULL,
    user_id integer,
    role_id integer
);
CREATE SEQUENCE public.ab_user_role_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_user_role_id_seq OWNED BY public.ab_user_role.id;
CREATE TABLE public.ab_view_menu (
    id integer NOT NULL,
    name character varying(250) NOT NULL
);
CREATE SEQUENCE public.ab_view_menu_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ab_view_menu_id_seq OWNED BY public.ab_view_menu.id;
CREATE TABLE public.abc_record (
    id integer NOT NULL,
    run_id integer NOT NULL,
    counterparty_id integer NOT NULL,
    on_date date NOT NULL,
    abc character varying(20),
    value numeric(15,2) NOT NULL
);
CREATE SEQUENCE public.abc_record_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.abc_record_id_seq OWNED BY public.abc_record.id;
CREATE TABLE public.abc_run (
    id integer NOT NULL,
    on_date date NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    measure character varying(20) NOT NULL,
    share_a numeric(5,2) NOT NULL,
    share_b numeric(5,2) NOT NULL,
    share_c numeric(5,2) NOT NULL,
    moves jsonb DEFAULT '{}'::jsonb NOT NULL,
    by_id integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE SEQUENCE public.abc_run_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.abc_run_id_seq OWNED BY public.abc_run.id;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.buyer_order (
    id integer NOT NULL,
    number character varying(50) NOT NULL,
    date date NOT NULL,
    counterparty_id integer NOT NULL,
    person_id integer,
    manager_id integer,
    ship_on date,
    pay_by date,
    delivery_address character varying(500) DEFAULT ''::character varying NOT NULL,
    comment text DEFAULT ''::text NOT NULL,
    amount numeric(15,2) DEFAULT '0'::numeric NOT NULL,
    version integer DEFAULT 1 NOT NULL
);
CREATE SEQUENCE public.buyer_order_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.buyer_order_id_seq OWNED BY public.buyer_order.id;
CREATE TABLE public.buyer_order_line (
    id integer NOT NULL,
    order_id integer NOT NULL,
    "position" integer NOT NULL,
    item_id integer NOT NULL,
    quantity numeric(15,3) NOT NULL,
    price numeric(15,2) NOT NULL,
    discount numeric(5,2) DEFAULT '0'::numeric NOT NULL,
    amount numeric(15,2) NOT NULL,
    CONSTRAINT ck_buyer_order_line_discount CHECK (((discount >= (0)::numeric) AND (discount <= (100)::numeric))),
    CONSTRAINT ck_buyer_order_line_price CHECK ((price >= (0)::numeric)),
    CONSTRAINT ck_buyer_order_line_quantity CHECK ((quantity > (0)::numeric))
);
CREATE SEQUENCE public.buyer_order_line_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.buyer_order_line_id_seq OWNED BY public.buyer_order_line.id;
CREATE TABLE public.campaign (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
CREATE SEQUENCE public.campaign_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.campaign_id_seq OWNED BY public.campaign.id;
CREATE TABLE public.contact (
    id integer NOT NULL,
    counterparty_id integer,
    person_id integer,
    prospect character varying(200) DEFAULT ''::character varying NOT NULL,
    prospect_person character varying(200) DEFAULT ''::character varying NOT NULL,
    prospect_phone character varying(50) DEFAULT ''::character varying NOT NULL,
    prospect_tail character varying(30) DEFAULT ''::character varying NOT NULL,
    prospect_email character varying(200) DEFAULT ''::character varying NOT NULL,
    manager_id integer,
    kind character varying(20) DEFAULT 'call'::character varying NOT NULL,
    direction character varying(20) DEFAULT 'out'::character varying NOT NULL,
    state character varying(20) DEFAULT 'planned'::character varying NOT NULL,
    importance character varying(20) DEFAULT 'normal'::character varying NOT NULL,
    subject character varying(200) DEFAULT ''::character varying NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    source_id integer,
    campaign_id integer,
    basis_id integer,
    prospect_words tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, regexp_replace(lower(replace(replace((((prospect)::text || ' '::text) || (prospect_person)::text), 'ё'::text, 'е'::text), 'Ё'::text, 'Е'::text)), '[^[:alnum:]]+'::text, ' '::text, 'g'::text))) STORED,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_contact_ends_after_start CHECK ((ends_at >= starts_at)),
    CONSTRAINT ck_contact_with_somebody CHECK (((counterparty_id IS NOT NULL) OR ((prospect)::text <> ''::text)))
);
CREATE SEQUENCE public.contact_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.contact_id_seq OWNED BY public.contact.id;
CREATE TABLE public.contact_info (
    id integer NOT NULL,
    counterparty_id integer NOT NULL,
    person_id integer,
    kind_id integer CONSTRAINT contact_info_kind_id_not_null1 NOT NULL,
    value character varying(500) NOT NULL,
    extension character varying(20) DEFAULT ''::character varying NOT NULL,
    phone character varying(30) DEFAULT ''::character varying NOT NULL,
    phone_tail character varying(30) DEFAULT ''::character varying NOT NULL,
    comment character varying(200) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE public.contact_info_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.contact_info_id_seq OWNED BY public.contact_info.id;
CREATE TABLE public.contact_info_kind (
    id integer NOT NULL,
    name character varying(100) NOT NULL,
    type character varying(20) NOT NULL,
    for_counterparties boolean DEFAULT true NOT NULL,
    for_persons boolean DEFAULT true NOT NULL,
    "position" integer DEFAULT 100 NOT NULL
);
CREATE SEQUENCE public.contact_info_kind_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.contact_info_kind_id_seq OWNED BY public.contact_info_kind.id;
CREATE TABLE public.contact_person (
    id integer NOT NULL,
    counterparty_id integer NOT NULL,
    last_name character varying(100) NOT NULL,
    first_name character varying(100) DEFAULT ''::character varying NOT NULL,
    middle_name character varying(100) DEFAULT ''::character varying NOT NULL,
    "position" character varying(150) DEFAULT ''::character varying NOT NULL,
    role character varying(100) DEFAULT ''::character varying NOT NULL,
    birthday date,
    comment text DEFAULT ''::text NOT NULL,
    name_sort character varying GENERATED ALWAYS AS (lower(replace(replace(btrim((((((last_name)::text || ' '::text) || (first_name)::text) || ' '::text) || (middle_name)::text)), 'ё'::text, 'е'::text), 'Ё'::text, 'Е'::text))) STORED NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, regexp_replace(lower(replace(replace(btrim((((((last_name)::text || ' '::text) || (first_name)::text) || ' '::text) || (middle_name)::text)), 'ё'::text, 'е'::text), 'Ё'::text, 'Е'::text)), '[^[:alnum:]]+'::text, ' '::text, 'g'::text))) STORED,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_contact_person_last_name CHECK (((last_name)::text <> ''::text))
);
CREATE SEQUENCE public.contact_person_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.contact_person_id_seq OWNED BY public.contact_person.id;
CREATE TABLE public.counterparty (
    id integer NOT NULL,
    code character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    full_name character varying(400) DEFAULT ''::character varying NOT NULL,
    kind character varying(20) DEFAULT 'company'::character varying NOT NULL,
    inn character varying(12) DEFAULT ''::character varying NOT NULL,
    kpp character varying(9) DEFAULT ''::character varying NOT NULL,
    ogrn character varying(15) DEFAULT ''::character varying NOT NULL,
    requisites_accepted boolean DEFAULT false NOT NULL,
    is_buyer boolean DEFAULT true NOT NULL,
    is_supplier boolean DEFAULT false NOT NULL,
    is_subcontractor boolean DEFAULT false NOT NULL,
    is_other boolean DEFAULT false NOT NULL,
    manager_id integer,
    group_id integer,
    source_id integer,
    registered_on date DEFAULT CURRENT_DATE NOT NULL,
    needs text DEFAULT ''::text NOT NULL,
    comment text DEFAULT ''::text NOT NULL,
    name_sort character varying GENERATED ALWAYS AS (lower(replace(replace((name)::text, 'ё'::text, 'е'::text), 'Ё'::text, 'Е'::text))) STORED NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, regexp_replace(lower(replace(replace((name)::text, 'ё'::text, 'е'::text), 'Ё'::text, 'Е'::text)), '[^[:alnum:]]+'::text, ' '::text, 'g'::text))) STORED,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_counterparty_name CHECK (((name)::text <> ''::text))
);
CREATE TABLE public.counterparty_group (
    id integer NOT NULL,
    name character varying(100) NOT NULL
);
CREATE SEQUENCE public.counterparty_group_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.counterparty_group_id_seq OWNED BY public.counterparty_group.id;
CREATE SEQUENCE public.counterparty_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.counterparty_id_seq OWNED BY public.counterparty.id;
CREATE TABLE public.information_source (
    id integer NOT NULL,
    name character varying(100) NOT NULL,
    valid_days integer DEFAULT 0 NOT NULL
);
CREATE SEQUENCE public.information_source_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.information_source_id_seq OWNED BY public.information_source.id;
CREATE TABLE public.item (
    id integer NOT NULL,
    code character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    unit character varying(20) DEFAULT 'шт'::character varying NOT NULL,
    group_name character varying(100) DEFAULT ''::character varying NOT NULL,
    price numeric(15,2) DEFAULT '0'::numeric NOT NULL,
    cost numeric(15,2),
    is_service boolean DEFAULT false NOT NULL,
    name_sort character varying GENERATED ALWAYS AS (lower(replace(replace((name)::text, 'ё'::text, 'е'::text), 'Ё'::text, 'Е'::text))) STORED NOT NULL,
    words tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, regexp_replace(lower(replace(replace((name)::text, 'ё'::text, 'е'::text), 'Ё'::text, 'Е'::text)), '[^[:alnum:]]+'::text, ' '::text, 'g'::text))) STORED,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_item_cost CHECK ((cost >= (0)::numeric)),
    CONSTRAINT ck_item_name CHECK (((name)::text <> ''::text)),
    CONSTRAINT ck_item_price CHECK ((price >= (0)::numeric))
);
CREATE SEQUENCE public.item_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.item_id_seq OWNED BY public.item.id;
CREATE TABLE public.job (
    id integer NOT NULL,
    kind character varying(40) NOT NULL,
    state character varying(20) DEFAULT 'queued'::character varying NOT NULL,
    user_id integer,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    input_id integer,
    output_id integer,
    progress integer DEFAULT 0 NOT NULL,
    total integer,
    attempts integer DEFAULT 0 NOT NULL,
    result jsonb,
    error text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone
);
CREATE SEQUENCE public.job_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.job_id_seq OWNED BY public.job.id;
CREATE TABLE public.payment (
    id integer NOT NULL,
    number character varying(50) NOT NULL,
    date date NOT NULL,
    counterparty_id integer NOT NULL,
    order_id integer,
    amount numeric(15,2) NOT NULL,
    purpose character varying(500) DEFAULT ''::character varying NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_payment_amount CHECK ((amount <> (0)::numeric))
);
CREATE SEQUENCE public.payment_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.payment_id_seq OWNED BY public.payment.id;
CREATE TABLE public.policy (
    id integer NOT NULL,
    managers_see_all boolean DEFAULT false NOT NULL,
    abc_measure character varying(20) DEFAULT 'revenue'::character varying NOT NULL,
    share_a numeric(5,2) DEFAULT '70'::numeric NOT NULL,
    share_b numeric(5,2) DEFAULT '20'::numeric NOT NULL,
    share_c numeric(5,2) DEFAULT '10'::numeric NOT NULL,
    CONSTRAINT ck_policy_one_row CHECK ((id = 1)),
    CONSTRAINT ck_policy_shares CHECK ((((share_a + share_b) + share_c) = (100)::numeric))
);
CREATE SEQUENCE public.policy_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.policy_id_seq OWNED BY public.policy.id;
CREATE TABLE public.shipment (
    id integer NOT NULL,
    number character varying(50) NOT NULL,
    date date NOT NULL,
    kind character varying(20) DEFAULT 'shipment'::character varying NOT NULL,
    counterparty_id integer NOT NULL,
    order_id integer,
    manager_id integer,
    amount numeric(15,2) DEFAULT '0'::numeric NOT NULL,
    cost_amount numeric(15,2) DEFAULT '0'::numeric NOT NULL,
    version integer DEFAULT 1 NOT NULL
);
CREATE SEQUENCE public.shipment_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.shipment_id_seq OWNED BY public.shipment.id;
CREATE TABLE public.shipment_line (
    id integer NOT NULL,
    shipment_id integer NOT NULL,
    "position" integer NOT NULL,
    item_id integer NOT NULL,
    quantity numeric(15,3) NOT NULL,
    price numeric(15,2) NOT NULL,
    cost numeric(15,2),
    amount numeric(15,2) NOT NULL,
    cost_amount numeric(15,2) DEFAULT '0'::numeric NOT NULL,
    CONSTRAINT ck_shipment_line_price CHECK ((price >= (0)::numeric)),
    CONSTRAINT ck_shipment_line_quantity CHECK ((quantity <> (0)::numeric))
);
CREATE SEQUENCE public.shipment_line_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.shipment_line_id_seq OWNED BY public.shipment_line.id;
CREATE TABLE public.stored_file (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    mime character varying(120) NOT NULL,
    size integer NOT NULL,
    content bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE SEQUENCE public.stored_file_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.stored_file_id_seq OWNED BY public.stored_file.id;
CREATE TABLE public.user_profile (
    id integer NOT NULL,
    user_id integer NOT NULL,
    must_change_password boolean DEFAULT false NOT NULL,
    session_version integer DEFAULT 1 NOT NULL,
    locale character varying(5)
);
CREATE SEQUENCE public.user_profile_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.user_profile_id_seq OWNED BY public.user_profile.id;
ALTER TABLE ONLY public.ab_api_key ALTER COLUMN id SET DEFAULT nextval('public.ab_api_key_id_seq'::regclass);
ALTER TABLE ONLY public.ab_group ALTER COLUMN id SET DEFAULT nextval('public.ab_group_id_seq'::regclass);
ALTER TABLE ONLY public.ab_group_role ALTER COLUMN id SET DEFAULT nextval('public.ab_group_role_id_seq'::regclass);
ALTER TABLE ONLY public.ab_permission ALTER COLUMN id SET DEFAULT nextval('public.ab_permission_id_seq'::regclass);
ALTER TABLE ONLY public.ab_permission_view ALTER COLUMN id SET DEFAULT nextval('public.ab_permission_view_id_seq'::regclass);
ALTER TABLE ONLY public.ab_permission_view_role ALTER COLUMN id SET DEFAULT nextval('public.ab_permission_view_role_id_seq'::regclass);
ALTER TABLE ONLY public.ab_register_user ALTER COLUMN id SET DEFAULT nextval('public.ab_register_user_id_seq'::regclass);
ALTER TABLE ONLY public.ab_role ALTER COLUMN id SET DEFAULT nextval('public.ab_role_id_seq'::regclass);
ALTER TABLE ONLY public.ab_user ALTER COLUMN id SET DEFAULT nextval('public.ab_user_id_seq'::regclass);
ALTER TABLE ONLY public.ab_user_group ALTER COLUMN id SET DEFAULT nextval('public.ab_user_group_id_seq'::regclass);
ALTER TABLE ONLY public.ab_user_role ALTER COLUMN id SET DEFAULT nextval('public.ab_user_role_id_seq'::regclass);
ALTER TABLE ONLY public.ab_view_menu ALTER COLUMN id SET DEFAULT nextval('public.ab_view_menu_id_seq'::regclass);
ALTER TABLE ONLY public.abc_record ALTER COLUMN id SET DEFAULT nextval('public.abc_record_id_seq'::regclass);
ALTER TABLE ONLY public.abc_run ALTER COLUMN id SET DEFAULT nextval('public.abc_run_id_seq'::regclass);
ALTER TABLE ONLY public.buyer_order ALTER COLUMN id SET DEFAULT nextval('public.buyer_order_id_seq'::regclass);
ALTER TABLE ONLY public.buyer_order_line ALTER COLUMN id SET DEFAULT nextval('public.buyer_order_line_id_seq'::regclass);
ALTER TABLE ONLY public.campaign ALTER COLUMN id SET DEFAULT nextval('public.campaign_id_seq'::regclass);
ALTER TABLE ONLY public.contact ALTER COLUMN id SET DEFAULT nextval('public.contact_id_seq'::regclass);
ALTER TABLE ONLY public.contact_info ALTER COLUMN id SET DEFAULT nextval('public.contact_info_id_seq'::regclass);
ALTER TABLE ONLY public.contact_info_kind ALTER COLUMN id SET DEFAULT nextval('public.contact_info_kind_id_seq'::regclass);
ALTER TABLE ONLY public.contact_person ALTER COLUMN id SET DEFAULT nextval('public.contact_person_id_seq'::regclass);
ALTER TABLE ONLY public.counterparty ALTER COLUMN id SET DEFAULT nextval('public.counterparty_id_seq'::regclass);
ALTER TABLE ONLY public.counterparty_group ALTER COLUMN id SET DEFAULT nextval('public.counterparty_group_id_seq'::regclass);
ALTER TABLE ONLY public.information_source ALTER COLUMN id SET DEFAULT nextval('public.information_source_id_seq'::regclass);
ALTER TABLE ONLY public.item ALTER COLUMN id SET DEFAULT nextval('public.item_id_seq'::regclass);
ALTER TABLE ONLY public.job ALTER COLUMN id SET DEFAULT nextval('public.job_id_seq'::regclass);
ALTER TABLE ONLY public.payment ALTER COLUMN id SET DEFAULT nextval('public.payment_id_seq'::regclass);
ALTER TABLE ONLY public.policy ALTER COLUMN id SET DEFAULT nextval('public.policy_id_seq'::regclass);
ALTER TABLE ONLY public.shipment ALTER COLUMN id SET DEFAULT nextval('public.shipment_id_seq'::regclass);
ALTER TABLE ONLY public.shipment_line ALTER COLUMN id SET DEFAULT nextval('public.shipment_line_id_seq'::regclass);
ALTER TABLE ONLY public.stored_file ALTER COLUMN id SET DEFAULT nextval('public.stored_file_id_seq'::regclass);
ALTER TABLE ONLY public.user_profile ALTER COLUMN id SET DEFAULT nextval('public.user_profile_id_seq'::regclass);
INSERT INTO public.ab_group VALUES
	(1, 'Отдел', NULL, NULL);
INSERT INTO public.ab_group_role VALUES
	(1, 1, 2);
INSERT INTO public.ab_permission VALUES
	(1, 'can_read');
INSERT INTO public.ab_permission_view VALUES
	(1, 1, 1);
INSERT INTO public.ab_permission_view_role VALUES
	(1, 1, 2);
INSERT INTO public.ab_role VALUES
	(1, 'Admin'),
	(2, 'Sales manager');
INSERT INTO public.ab_user VALUES
	(1, 'Анна', 'Петрова', 'anna', 'scrypt:x', true, 'anna@example.com', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.ab_user_group VALUES
	(1, 1, 1);
INSERT INTO public.ab_user_role VALUES
	(1, 1, 2);
INSERT INTO public.ab_view_menu VALUES
	(1, 'Counterparties');
INSERT INTO public.abc_record VALUES
	(1, 1, 1, '2026-03-31', 'A', 945.00);
INSERT INTO public.abc_run VALUES
	(1, '2026-03-31', '2026-03-01', '2026-03-31', 'revenue', 70.00, 20.00, 10.00, '{}', 1, '2026-11-29 12:29:48.880485+00');
INSERT INTO public.alembic_version VALUES
	('0001');
INSERT INTO public.buyer_order VALUES
	(1, 'З-1', '2026-03-02', 1, 1, 1, '2026-03-05', '2026-03-20', '', '', 1050.00, 1),
	(2, 'З-2', '2026-04-02', 2, NULL, 1, NULL, NULL, '', '', 300.00, 1);
INSERT INTO public.buyer_order_line VALUES
	(1, 1, 1, 1, 100.000, 10.50, 0.00, 1050.00),
	(2, 2, 1, 2, 1.000, 300.00, 0.00, 300.00);
INSERT INTO public.campaign VALUES
	(1, 'Выставка');
INSERT INTO public.contact VALUES
	(1, 1, 1, '', '', '', '', '', 1, 'call', 'out', 'done', 'normal', 'Предложить гвозди', '', '2026-03-01 09:00:00+00', '2026-03-01 09:15:00+00', 1, 1, NULL, DEFAULT, 1),
	(2, NULL, NULL, 'Незнакомец', '', '+7 900 111-22-33', '3322111009', '', NULL, 'call', 'out', 'done', 'normal', 'Спросил цену', '', '2026-03-02 09:00:00+00', '2026-03-02 09:05:00+00', NULL, NULL, NULL, DEFAULT, 1);
INSERT INTO public.contact_info VALUES
	(1, 1, 1, 1, '+7 916 000-11-22', '', '79160001122', '2211000619', '');
INSERT INTO public.contact_info_kind VALUES
	(1, 'Телефон', 'phone', true, true, 10),
	(2, 'Мобильный телефон', 'phone', true, true, 20),
	(3, 'Факс', 'phone', true, false, 30),
	(4, 'Эл. почта', 'email', true, true, 40),
	(5, 'Сайт', 'web', true, false, 50),
	(6, 'Юридический адрес', 'address', true, false, 60),
	(7, 'Фактический адрес', 'address', true, false, 70),
	(8, 'Адрес доставки', 'address', true, false, 80),
	(9, 'Адрес', 'address', false, true, 90),
	(10, 'Другое', 'other', true, true, 100);
INSERT INTO public.contact_person VALUES
	(1, 1, 'Иванов', 'Пётр', '', '', '', '1980-05-12', '', DEFAULT, DEFAULT, 1);
INSERT INTO public.counterparty VALUES
	(1, 'К-1', 'Ромашка ООО', '', 'company', '7707083893', '', '', false, true, false, false, false, 1, 1, 1, '2026-01-10', '', '', DEFAULT, DEFAULT, 1),
	(2, 'К-2', 'Лютик', '', 'company', '', '', '', false, true, false, false, false, NULL, NULL, NULL, '2026-02-01', '', '', DEFAULT, DEFAULT, 1);
INSERT INTO public.counterparty_group VALUES
	(1, 'Опт');
INSERT INTO public.information_source VALUES
	(1, 'Журнал', 30);
INSERT INTO public.item VALUES
	(1, 'Г-1', 'Гвоздь', 'шт', '', 10.50, 7.25, false, DEFAULT, DEFAULT, 1),
	(2, 'Д-1', 'Доставка', 'шт', '', 300.00, 0.00, false, DEFAULT, DEFAULT, 1);
INSERT INTO public.job VALUES
	(1, 'import', 'done', 1, '{}', 1, NULL, 2, NULL, 1, NULL, '', '2026-11-29 12:29:48.880485+00', NULL, NULL);
INSERT INTO public.payment VALUES
	(1, 'П-1', '2026-03-10', 1, 1, 700.00, 'по заказу З-1', 1);
INSERT INTO public.policy VALUES
	(1, false, 'revenue', 70.00, 20.00, 10.00);
INSERT INTO public.shipment VALUES
	(1, 'Р-1', '2026-03-05', 'shipment', 1, 1, 1, 1050.00, 725.00, 1),
	(2, 'В-1', '2026-03-12', 'return', 1, 1, 1, -105.00, -72.50, 1);
INSERT INTO public.shipment_line VALUES
	(1, 1, 1, 1, 100.000, 10.50, 7.25, 1050.00, 725.00),
	(2, 2, 1, 1, -10.000, 10.50, 7.25, -105.00, -72.50);
INSERT INTO public.stored_file VALUES
	(1, 'orders.csv', 'text/csv', 1, '\x41', '2026-11-29 12:29:48.880485+00');
INSERT INTO public.user_profile VALUES
	(1, 1, false, 3, 'ru');
SELECT pg_catalog.setval('public.ab_api_key_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_group_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_group_role_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_permission_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_permission_view_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_permission_view_role_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_register_user_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_role_id_seq', 2, true);
SELECT pg_catalog.setval('public.ab_user_group_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_user_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_user_role_id_seq', 1, true);
SELECT pg_catalog.setval('public.ab_view_menu_id_seq', 1, true);
SELECT pg_catalog.setval('public.abc_record_id_seq', 1, true);
SELECT pg_catalog.setval('public.abc_run_id_seq', 1, true);
SELECT pg_catalog.setval('public.buyer_order_id_seq', 2, true);
SELECT pg_catalog.setval('public.buyer_order_line_id_seq', 2, true);
SELECT pg_catalog.setval('public.campaign_id_seq', 1, true);
SELECT pg_catalog.setval('public.contact_id_seq', 2, true);
SELECT pg_catalog.setval('public.contact_info_id_seq', 1, true);
SELECT pg_catalog.setval('public.contact_info_kind_id_seq', 10, true);
SELECT pg_catalog.setval('public.contact_person_id_seq', 1, true);
SELECT pg_catalog.setval('public.counterparty_group_id_seq', 1, true);
SELECT pg_catalog.setval('public.counterparty_id_seq', 2, true);
SELECT pg_catalog.setval('public.information_source_id_seq', 1, true);
SELECT pg_catalog.setval('public.item_id_seq', 2, true);
SELECT pg_catalog.setval('public.job_id_seq', 1, true);
SELECT pg_catalog.setval('public.payment_id_seq', 1, true);
SELECT pg_catalog.setval('public.policy_id_seq', 1, true);
SELECT pg_catalog.setval('public.shipment_id_seq', 2, true);
SELECT pg_catalog.setval('public.shipment_line_id_seq', 2, true);
SELECT pg_catalog.setval('public.stored_file_id_seq', 1, true);
SELECT pg_catalog.setval('public.user_profile_id_seq', 1, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.ab_api_key
    ADD CONSTRAINT pk_ab_api_key PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_group
    ADD CONSTRAINT pk_ab_group PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_group_role
    ADD CONSTRAINT pk_ab_group_role PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_permission
    ADD CONSTRAINT pk_ab_permission PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_permission_view
    ADD CONSTRAINT pk_ab_permission_view PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_permission_view_role
    ADD CONSTRAINT pk_ab_permission_view_role PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_register_user
    ADD CONSTRAINT pk_ab_register_user PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_role
    ADD CONSTRAINT pk_ab_role PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_user
    ADD CONSTRAINT pk_ab_user PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_user_group
    ADD CONSTRAINT pk_ab_user_group PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_user_role
    ADD CONSTRAINT pk_ab_user_role PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_view_menu
    ADD CONSTRAINT pk_ab_view_menu PRIMARY KEY (id);
ALTER TABLE ONLY public.abc_record
    ADD CONSTRAINT pk_abc_record PRIMARY KEY (id);
ALTER TABLE ONLY public.abc_run
    ADD CONSTRAINT pk_abc_run PRIMARY KEY (id);
ALTER TABLE ONLY public.buyer_order
    ADD CONSTRAINT pk_buyer_order PRIMARY KEY (id);
ALTER TABLE ONLY public.buyer_order_line
    ADD CONSTRAINT pk_buyer_order_line PRIMARY KEY (id);
ALTER TABLE ONLY public.campaign
    ADD CONSTRAINT pk_campaign PRIMARY KEY (id);
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT pk_contact PRIMARY KEY (id);
ALTER TABLE ONLY public.contact_info
    ADD CONSTRAINT pk_contact_info PRIMARY KEY (id);
ALTER TABLE ONLY public.contact_info_kind
    ADD CONSTRAINT pk_contact_info_kind PRIMARY KEY (id);
ALTER TABLE ONLY public.contact_person
    ADD CONSTRAINT pk_contact_person PRIMARY KEY (id);
ALTER TABLE ONLY public.counterparty
    ADD CONSTRAINT pk_counterparty PRIMARY KEY (id);
ALTER TABLE ONLY public.counterparty_group
    ADD CONSTRAINT pk_counterparty_group PRIMARY KEY (id);
ALTER TABLE ONLY public.information_source
    ADD CONSTRAINT pk_information_source PRIMARY KEY (id);
ALTER TABLE ONLY public.item
    ADD CONSTRAINT pk_item PRIMARY KEY (id);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT pk_job PRIMARY KEY (id);
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT pk_payment PRIMARY KEY (id);
ALTER TABLE ONLY public.policy
    ADD CONSTRAINT pk_policy PRIMARY KEY (id);
ALTER TABLE ONLY public.shipment
    ADD CONSTRAINT pk_shipment PRIMARY KEY (id);
ALTER TABLE ONLY public.shipment_line
    ADD CONSTRAINT pk_shipment_line PRIMARY KEY (id);
ALTER TABLE ONLY public.stored_file
    ADD CONSTRAINT pk_stored_file PRIMARY KEY (id);
ALTER TABLE ONLY public.user_profile
    ADD CONSTRAINT pk_user_profile PRIMARY KEY (id);
ALTER TABLE ONLY public.ab_api_key
    ADD CONSTRAINT uq_ab_api_key_lookup_hash UNIQUE (lookup_hash);
ALTER TABLE ONLY public.ab_api_key
    ADD CONSTRAINT uq_ab_api_key_uuid UNIQUE (uuid);
ALTER TABLE ONLY public.ab_group
    ADD CONSTRAINT uq_ab_group_name UNIQUE (name);
ALTER TABLE ONLY public.ab_group_role
    ADD CONSTRAINT uq_ab_group_role_group_id_role_id UNIQUE (group_id, role_id);
ALTER TABLE ONLY public.ab_permission
    ADD CONSTRAINT uq_ab_permission_name UNIQUE (name);
ALTER TABLE ONLY public.ab_permission_view
    ADD CONSTRAINT uq_ab_permission_view_permission_id_view_menu_id UNIQUE (permission_id, view_menu_id);
ALTER TABLE ONLY public.ab_permission_view_role
    ADD CONSTRAINT uq_ab_permission_view_role_permission_view_id_role_id UNIQUE (permission_view_id, role_id);
ALTER TABLE ONLY public.ab_register_user
    ADD CONSTRAINT uq_ab_register_user_email UNIQUE (email);
ALTER TABLE ONLY public.ab_register_user
    ADD CONSTRAINT uq_ab_register_user_username UNIQUE (username);
ALTER TABLE ONLY public.ab_role
    ADD CONSTRAINT uq_ab_role_name UNIQUE (name);
ALTER TABLE ONLY public.ab_user
    ADD CONSTRAINT uq_ab_user_email UNIQUE (email);
ALTER TABLE ONLY public.ab_user_group
    ADD CONSTRAINT uq_ab_user_group_user_id_group_id UNIQUE (user_id, group_id);
ALTER TABLE ONLY public.ab_user_role
    ADD CONSTRAINT uq_ab_user_role_user_id_role_id UNIQUE (user_id, role_id);
ALTER TABLE ONLY public.ab_user
    ADD CONSTRAINT uq_ab_user_username UNIQUE (username);
ALTER TABLE ONLY public.ab_view_menu
    ADD CONSTRAINT uq_ab_view_menu_name UNIQUE (name);
ALTER TABLE ONLY public.abc_record
    ADD CONSTRAINT uq_abc_record_run_id_counterparty_id UNIQUE (run_id, counterparty_id);
ALTER TABLE ONLY public.buyer_order
    ADD CONSTRAINT uq_buyer_order_number UNIQUE (number);
ALTER TABLE ONLY public.campaign
    ADD CONSTRAINT uq_campaign_name UNIQUE (name);
ALTER TABLE ONLY public.contact_info_kind
    ADD CONSTRAINT uq_contact_info_kind_name UNIQUE (name);
ALTER TABLE ONLY public.counterparty
    ADD CONSTRAINT uq_counterparty_code UNIQUE (code);
ALTER TABLE ONLY public.counterparty_group
    ADD CONSTRAINT uq_counterparty_group_name UNIQUE (name);
ALTER TABLE ONLY public.information_source
    ADD CONSTRAINT uq_information_source_name UNIQUE (name);
ALTER TABLE ONLY public.item
    ADD CONSTRAINT uq_item_code UNIQUE (code);
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT uq_payment_number UNIQUE (number);
ALTER TABLE ONLY public.shipment
    ADD CONSTRAINT uq_shipment_number UNIQUE (number);
ALTER TABLE ONLY public.user_profile
    ADD CONSTRAINT uq_user_profile_user_id UNIQUE (user_id);
CREATE UNIQUE INDEX idx_api_key_lookup_hash ON public.ab_api_key USING btree (lookup_hash);
CREATE INDEX idx_api_key_prefix ON public.ab_api_key USING btree (key_prefix);
CREATE INDEX idx_api_key_user_id ON public.ab_api_key USING btree (user_id);
CREATE INDEX idx_group_id ON public.ab_group_role USING btree (group_id);
CREATE INDEX idx_group_role_id ON public.ab_group_role USING btree (role_id);
CREATE INDEX idx_permission_id ON public.ab_permission_view USING btree (permission_id);
CREATE INDEX idx_permission_view_id ON public.ab_permission_view_role USING btree (permission_view_id);
CREATE INDEX idx_role_id ON public.ab_permission_view_role USING btree (role_id);
CREATE INDEX idx_user_group_id ON public.ab_user_group USING btree (group_id);
CREATE INDEX idx_user_id ON public.ab_user_group USING btree (user_id);
CREATE INDEX idx_view_menu_id ON public.ab_permission_view USING btree (view_menu_id);
CREATE INDEX ix_abc_record_counterparty_id_on_date_id ON public.abc_record USING btree (counterparty_id, on_date, id);
CREATE INDEX ix_abc_run_by_id ON public.abc_run USING btree (by_id);
CREATE INDEX ix_buyer_order_counterparty_id_date_id ON public.buyer_order USING btree (counterparty_id, date, id);
CREATE INDEX ix_buyer_order_date_id ON public.buyer_order USING btree (date, id);
CREATE INDEX ix_buyer_order_line_item_id ON public.buyer_order_line USING btree (item_id);
CREATE INDEX ix_buyer_order_line_order_id_position ON public.buyer_order_line USING btree (order_id, "position");
CREATE INDEX ix_buyer_order_manager_id_date_id ON public.buyer_order USING btree (manager_id, date, id);
CREATE INDEX ix_buyer_order_person_id ON public.buyer_order USING btree (person_id);
CREATE INDEX ix_contact_basis_id ON public.contact USING btree (basis_id) WHERE (basis_id IS NOT NULL);
CREATE INDEX ix_contact_campaign_id ON public.contact USING btree (campaign_id) WHERE (campaign_id IS NOT NULL);
CREATE INDEX ix_contact_counterparty_id_starts_at_id ON public.contact USING btree (counterparty_id, starts_at, id);
CREATE INDEX ix_contact_info_counterparty_id ON public.contact_info USING btree (counterparty_id);
CREATE INDEX ix_contact_info_extension ON public.contact_info USING btree (extension) WHERE ((extension)::text <> ''::text);
CREATE INDEX ix_contact_info_kind_id ON public.contact_info USING btree (kind_id);
CREATE INDEX ix_contact_info_person_id ON public.contact_info USING btree (person_id);
CREATE INDEX ix_contact_info_phone_tail ON public.contact_info USING btree (phone_tail text_pattern_ops) WHERE ((phone_tail)::text <> ''::text);
CREATE INDEX ix_contact_info_value ON public.contact_info USING btree (lower((value)::text));
CREATE INDEX ix_contact_manager_id_starts_at_id ON public.contact USING btree (manager_id, starts_at, id);
CREATE INDEX ix_contact_person_counterparty_id_name_sort_id ON public.contact_person USING btree (counterparty_id, name_sort, id);
CREATE INDEX ix_contact_person_id_starts_at_id ON public.contact USING btree (person_id, starts_at, id);
CREATE INDEX ix_contact_person_name_sort_id ON public.contact_person USING btree (name_sort, id);
CREATE INDEX ix_contact_person_words ON public.contact_person USING gin (words);
CREATE INDEX ix_contact_planned ON public.contact USING btree (manager_id, starts_at, id) WHERE ((state)::text = 'planned'::text);
CREATE INDEX ix_contact_prospect_tail ON public.contact USING btree (prospect_tail text_pattern_ops) WHERE ((prospect_tail)::text <> ''::text);
CREATE INDEX ix_contact_prospect_words ON public.contact USING gin (prospect_words) WHERE ((prospect)::text <> ''::text);
CREATE INDEX ix_contact_source_id ON public.contact USING btree (source_id) WHERE (source_id IS NOT NULL);
CREATE INDEX ix_contact_starts_at_id ON public.contact USING btree (starts_at, id);
CREATE INDEX ix_counterparty_group_id ON public.counterparty USING btree (group_id);
CREATE INDEX ix_counterparty_inn ON public.counterparty USING btree (inn);
CREATE INDEX ix_counterparty_manager_id_name_sort_id ON public.counterparty USING btree (manager_id, name_sort, id);
CREATE INDEX ix_counterparty_name_sort_id ON public.counterparty USING btree (name_sort, id);
CREATE INDEX ix_counterparty_registered_on_id ON public.counterparty USING btree (registered_on, id);
CREATE INDEX ix_counterparty_source_id ON public.counterparty USING btree (source_id);
CREATE INDEX ix_counterparty_suppliers ON public.counterparty USING btree (name_sort, id) WHERE is_supplier;
CREATE INDEX ix_counterparty_words ON public.counterparty USING gin (words);
CREATE INDEX ix_item_name_sort_id ON public.item USING btree (name_sort, id);
CREATE INDEX ix_item_words ON public.item USING gin (words);
CREATE INDEX ix_job_input_id ON public.job USING btree (input_id);
CREATE INDEX ix_job_output_id ON public.job USING btree (output_id);
CREATE INDEX ix_job_unfinished ON public.job USING btree (id) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[]));
CREATE INDEX ix_job_user_id_id ON public.job USING btree (user_id, id);
CREATE INDEX ix_payment_counterparty_id_date_id ON public.payment USING btree (counterparty_id, date, id);
CREATE INDEX ix_payment_date_id ON public.payment USING btree (date, id);
CREATE INDEX ix_payment_order_id ON public.payment USING btree (order_id);
CREATE INDEX ix_shipment_counterparty_id_date_id ON public.shipment USING btree (counterparty_id, date, id);
CREATE INDEX ix_shipment_date_id ON public.shipment USING btree (date, id);
CREATE INDEX ix_shipment_line_item_id ON public.shipment_line USING btree (item_id);
CREATE INDEX ix_shipment_line_shipment_id_position ON public.shipment_line USING btree (shipment_id, "position");
CREATE INDEX ix_shipment_manager_id ON public.shipment USING btree (manager_id);
CREATE INDEX ix_shipment_order_id ON public.shipment USING btree (order_id);
ALTER TABLE ONLY public.ab_api_key
    ADD CONSTRAINT fk_ab_api_key_user_id_ab_user FOREIGN KEY (user_id) REFERENCES public.ab_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ab_group_role
    ADD CONSTRAINT fk_ab_group_role_group_id_ab_group FOREIGN KEY (group_id) REFERENCES public.ab_group(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ab_group_role
    ADD CONSTRAINT fk_ab_group_role_role_id_ab_role FOREIGN KEY (role_id) REFERENCES public.ab_role(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ab_permission_view
    ADD CONSTRAINT fk_ab_permission_view_permission_id_ab_permission FOREIGN KEY (permission_id) REFERENCES public.ab_permission(id);
ALTER TABLE ONLY public.ab_permission_view_role
    ADD CONSTRAINT fk_ab_permission_view_role_permission_view_id_ab_permis_e242 FOREIGN KEY (permission_view_id) REFERENCES public.ab_permission_view(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ab_permission_view_role
    ADD CONSTRAINT fk_ab_permission_view_role_role_id_ab_role FOREIGN KEY (role_id) REFERENCES public.ab_role(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ab_permission_view
    ADD CONSTRAINT fk_ab_permission_view_view_menu_id_ab_view_menu FOREIGN KEY (view_menu_id) REFERENCES public.ab_view_menu(id);
ALTER TABLE ONLY public.ab_user
    ADD CONSTRAINT fk_ab_user_changed_by_fk_ab_user FOREIGN KEY (changed_by_fk) REFERENCES public.ab_user(id);
ALTER TABLE ONLY public.ab_user
    ADD CONSTRAINT fk_ab_user_created_by_fk_ab_user FOREIGN KEY (created_by_fk) REFERENCES public.ab_user(id);
ALTER TABLE ONLY public.ab_user_group
    ADD CONSTRAINT fk_ab_user_group_group_id_ab_group FOREIGN KEY (group_id) REFERENCES public.ab_group(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ab_user_group
    ADD CONSTRAINT fk_ab_user_group_user_id_ab_user FOREIGN KEY (user_id) REFERENCES public.ab_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ab_user_role
    ADD CONSTRAINT fk_ab_user_role_role_id_ab_role FOREIGN KEY (role_id) REFERENCES public.ab_role(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ab_user_role
    ADD CONSTRAINT fk_ab_user_role_user_id_ab_user FOREIGN KEY (user_id) REFERENCES public.ab_user(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.abc_record
    ADD CONSTRAINT fk_abc_record_counterparty_id_counterparty FOREIGN KEY (counterparty_id) REFERENCES public.counterparty(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.abc_record
    ADD CONSTRAINT fk_abc_record_run_id_abc_run FOREIGN KEY (run_id) REFERENCES public.abc_run(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.abc_run
    ADD CONSTRAINT fk_abc_run_by_id_ab_user FOREIGN KEY (by_id) REFERENCES public.ab_user(id);
ALTER TABLE ONLY public.buyer_order
    ADD CONSTRAINT fk_buyer_order_counterparty_id_counterparty FOREIGN KEY (counterparty_id) REFERENCES public.counterparty(id);
ALTER TABLE ONLY public.buyer_order_line
    ADD CONSTRAINT fk_buyer_order_line_item_id_item FOREIGN KEY (item_id) REFERENCES public.item(id);
ALTER TABLE ONLY public.buyer_order_line
    ADD CONSTRAINT fk_buyer_order_line_order_id_buyer_order FOREIGN KEY (order_id) REFERENCES public.buyer_order(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.buyer_order
    ADD CONSTRAINT fk_buyer_order_manager_id_ab_user FOREIGN KEY (manager_id) REFERENCES public.ab_user(id);
ALTER TABLE ONLY public.buyer_order
    ADD CONSTRAINT fk_buyer_order_person_id_contact_person FOREIGN KEY (person_id) REFERENCES public.contact_person(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT fk_contact_basis_id_contact FOREIGN KEY (basis_id) REFERENCES public.contact(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT fk_contact_campaign_id_campaign FOREIGN KEY (campaign_id) REFERENCES public.campaign(id);
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT fk_contact_counterparty_id_counterparty FOREIGN KEY (counterparty_id) REFERENCES public.counterparty(id);
ALTER TABLE ONLY public.contact_info
    ADD CONSTRAINT fk_contact_info_counterparty_id_counterparty FOREIGN KEY (counterparty_id) REFERENCES public.counterparty(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.contact_info
    ADD CONSTRAINT fk_contact_info_kind_id_contact_info_kind FOREIGN KEY (kind_id) REFERENCES public.contact_info_kind(id);
ALTER TABLE ONLY public.contact_info
    ADD CONSTRAINT fk_contact_info_person_id_contact_person FOREIGN KEY (person_id) REFERENCES public.contact_person(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT fk_contact_manager_id_ab_user FOREIGN KEY (manager_id) REFERENCES public.ab_user(id);
ALTER TABLE ONLY public.contact_person
    ADD CONSTRAINT fk_contact_person_counterparty_id_counterparty FOREIGN KEY (counterparty_id) REFERENCES public.counterparty(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT fk_contact_person_id_contact_person FOREIGN KEY (person_id) REFERENCES public.contact_person(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.contact
    ADD CONSTRAINT fk_contact_source_id_information_source FOREIGN KEY (source_id) REFERENCES public.information_source(id);
ALTER TABLE ONLY public.counterparty
    ADD CONSTRAINT fk_counterparty_group_id_counterparty_group FOREIGN KEY (group_id) REFERENCES public.counterparty_group(id);
ALTER TABLE ONLY public.counterparty
    ADD CONSTRAINT fk_counterparty_manager_id_ab_user FOREIGN KEY (manager_id) REFERENCES public.ab_user(id);
ALTER TABLE ONLY public.counterparty
    ADD CONSTRAINT fk_counterparty_source_id_information_source FOREIGN KEY (source_id) REFERENCES public.information_source(id);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT fk_job_input_id_stored_file FOREIGN KEY (input_id) REFERENCES public.stored_file(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.job
    ADD CONSTRAINT fk_job_output_id_stored_file FOREIGN KEY (output_id) REFERENCES public.stored_file(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.job
    ADD CONSTRAINT fk_job_user_id_ab_user FOREIGN KEY (user_id) REFERENCES public.ab_user(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT fk_payment_counterparty_id_counterparty FOREIGN KEY (counterparty_id) REFERENCES public.counterparty(id);
ALTER TABLE ONLY public.payment
    ADD CONSTRAINT fk_payment_order_id_buyer_order FOREIGN KEY (order_id) REFERENCES public.buyer_order(id);
ALTER TABLE ONLY public.shipment
    ADD CONSTRAINT fk_shipment_counterparty_id_counterparty FOREIGN KEY (counterparty_id) REFERENCES public.counterparty(id);
ALTER TABLE ONLY public.shipment_line
    ADD CONSTRAINT fk_shipment_line_item_id_item FOREIGN KEY (item_id) REFERENCES public.item(id);
ALTER TABLE ONLY public.shipment_line
    ADD CONSTRAINT fk_shipment_line_shipment_id_shipment FOREIGN KEY (shipment_id) REFERENCES public.shipment(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.shipment
    ADD CONSTRAINT fk_shipment_manager_id_ab_user FOREIGN KEY (manager_id) REFERENCES public.ab_user(id);
ALTER TABLE ONLY public.shipment
    ADD CONSTRAINT fk_shipment_order_id_buyer_order FOREIGN KEY (order_id) REFERENCES public.buyer_order(id);
ALTER TABLE ONLY public.user_profile
    ADD CONSTRAINT fk_user_profile_user_id_ab_user FOREIGN KEY (user_id) REFERENCES public.ab_user(id) ON DELETE CASCADE;
