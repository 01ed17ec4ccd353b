select format('sequence %s type %s start %s increment %s min %s max %s cycle %s', s.seqrelid::regclass,
  format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
from pg_sequence s
