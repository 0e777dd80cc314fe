//! The reports of the composed province: those of the sample, and others that such a department asks for.

/// What clerks call a report.
pub struct Called {
    pub report: &'static str,
    /// What comes after "báo cáo" and the words that go before any topic.
    pub topics: &'static [&'static str],
    /// As in file names and hasty subjects.
    pub brief: &'static [&'static str],
}

/// The words of clerks, not those of the configuration.
pub const CALLED: [Called; 19] = [
    Called {
        report: "tre-em",
        topics: &[
            "công tác chăm sóc, giáo dục và bảo vệ trẻ em",
            "công tác trẻ em",
            "công tác bảo vệ, chăm sóc và giáo dục trẻ em",
            "thực hiện công tác trẻ em",
            "thực hiện Kế hoạch số 40/KH-LĐLĐ về trẻ em",
            "chăm lo cho trẻ em là con đoàn viên, NLĐ",
            "công tác chăm sóc và bảo vệ trẻ em con CNVCLĐ",
        ],
        brief: &["trẻ em", "công tác trẻ em", "BVCSGD trẻ em", "CSGDBVTE"],
    },
    Called {
        report: "thang-tre-em",
        topics: &[
            "Tháng hành động vì trẻ em",
            "hưởng ứng Tháng hành động vì trẻ em",
            "tổ chức các hoạt động Tháng hành động vì trẻ em",
            "triển khai Tháng hành động vì trẻ em",
            "Tháng hành động vì trẻ em và Ngày Quốc tế Thiếu nhi 1/6",
        ],
        brief: &["Tháng hành động vì trẻ em", "tháng HĐ vì trẻ em"],
    },
    Called {
        report: "trung-thu",
        topics: &[
            "tổ chức Tết Trung thu cho con đoàn viên, người lao động",
            "tổ chức Tết Trung thu",
            "vui Tết Trung thu cho các cháu",
            "hoạt động Trung thu",
            "tặng quà Trung thu cho con CNVCLĐ",
            "tổ chức Đêm hội trăng rằm cho các cháu thiếu nhi",
            "tổ chức trung thu cho con công nhân",
        ],
        brief: &["Trung thu", "tết trung thu", "vui trung thu"],
    },
    Called {
        report: "so-ket-tre-em",
        topics: &[
            "sơ kết thực hiện Kế hoạch số 40/KH-LĐLĐ giai đoạn 2024-2026",
            "sơ kết việc thực hiện Kế hoạch 40 về công tác trẻ em giai đoạn 2024 - 2026",
            "sơ kết 03 năm thực hiện Kế hoạch số 40/KH-LĐLĐ",
        ],
        brief: &["sơ kết Kế hoạch 40", "sơ kết KH 40"],
    },
    Called {
        report: "quan-he-lao-dong",
        topics: &[
            "tình hình quan hệ lao động",
            "tình hình quan hệ lao động, tranh chấp lao động và ngừng việc tập thể",
            "tình hình QHLĐ",
            "tình hình tranh chấp lao động, đình công",
            "công tác quan hệ lao động",
            "tình hình lao động, việc làm và quan hệ lao động",
        ],
        brief: &["QHLĐ", "quan hệ lao động", "quan hệ LĐ"],
    },
    Called {
        report: "nu-cong",
        topics: &[
            "công tác nữ công",
            "hoạt động nữ công",
            "công tác nữ công và phong trào nữ CNVCLĐ",
            "công tác vận động nữ CNVCLĐ",
        ],
        brief: &["nữ công", "công tác nữ công"],
    },
    Called {
        report: "tai-nan-lao-dong",
        topics: &[
            "tình hình tai nạn lao động",
            "nhanh tình hình tai nạn lao động",
            "nhanh TNLĐ",
            "tình hình TNLĐ, bệnh nghề nghiệp",
            "tai nạn lao động",
        ],
        brief: &["TNLĐ", "tai nạn lao động", "nhanh TNLĐ"],
    },
    Called {
        report: "hoat-dong",
        topics: &[
            "hoạt động công đoàn",
            "công tác công đoàn",
            "tình hình đoàn viên, NLĐ và hoạt động công đoàn",
            "tình hình CNVCLĐ và hoạt động công đoàn",
            "kết quả công tác và hoạt động công đoàn",
        ],
        brief: &["hoạt động công đoàn", "hoạt động CĐ", "công tác CĐ"],
    },
    Called {
        report: "tong-ket",
        topics: &[
            "tổng kết hoạt động công đoàn",
            "tổng kết công tác công đoàn",
            "tổng kết phong trào CNVCLĐ và hoạt động công đoàn",
        ],
        brief: &["tổng kết hoạt động công đoàn", "tổng kết năm công tác CĐ"],
    },
    Called {
        report: "dan-chu",
        topics: &[
            "thực hiện dân chủ ở cơ sở",
            "thực hiện Quy chế dân chủ ở cơ sở",
            "công tác thực hiện dân chủ ở cơ sở",
            "việc thực hiện QCDC ở cơ sở",
            "tổ chức hội nghị người lao động, đối thoại và thực hiện dân chủ ở cơ sở",
        ],
        brief: &["dân chủ cơ sở", "QCDC", "thực hiện dân chủ"],
    },
    Called {
        report: "an-toan",
        topics: &[
            "công tác an toàn, vệ sinh lao động",
            "công tác ATVSLĐ",
            "công tác ATVSLĐ, phòng chống cháy nổ",
            "công tác bảo hộ lao động và ATVSLĐ",
        ],
        brief: &["ATVSLĐ", "AT-VSLĐ", "an toàn vệ sinh lao động"],
    },
    Called {
        report: "thang-an-toan",
        topics: &[
            "Tháng hành động về an toàn, vệ sinh lao động",
            "hưởng ứng Tháng hành động về ATVSLĐ",
            "triển khai Tháng hành động về ATVSLĐ",
        ],
        brief: &["Tháng hành động về ATVSLĐ", "tháng HĐ ATVSLĐ"],
    },
    Called {
        report: "thang-cong-nhan",
        topics: &[
            "Tháng Công nhân",
            "tổ chức Tháng Công nhân",
            "các hoạt động Tháng Công nhân",
            "hưởng ứng Tháng Công nhân",
        ],
        brief: &["Tháng Công nhân", "tháng CN"],
    },
    Called {
        report: "tet",
        topics: &[
            "chăm lo Tết cho đoàn viên, người lao động",
            "công tác chăm lo Tết Nguyên đán",
            "tổ chức Tết Sum vầy",
            "chăm lo Tết Nguyên đán cho đoàn viên, NLĐ",
        ],
        brief: &["chăm lo Tết", "Tết Sum vầy"],
    },
    Called {
        report: "doan-vien",
        topics: &[
            "phát triển đoàn viên, thành lập CĐCS",
            "công tác phát triển đoàn viên",
            "tình hình phát triển đoàn viên và thành lập công đoàn cơ sở",
        ],
        brief: &["phát triển đoàn viên", "PTĐV"],
    },
    Called {
        report: "thi-dua",
        topics: &[
            "phong trào thi đua yêu nước",
            "công tác thi đua, khen thưởng",
            "phong trào thi đua và công tác khen thưởng",
        ],
        brief: &["thi đua", "phong trào thi đua"],
    },
    Called {
        report: "phu-nu",
        topics: &[
            "các hoạt động kỷ niệm Ngày Quốc tế Phụ nữ 8/3",
            "tổ chức kỷ niệm 8/3",
            "tổ chức hoạt động Ngày Quốc tế Phụ nữ 8/3 và khởi nghĩa Hai Bà Trưng",
        ],
        brief: &["8-3", "hoạt động 8.3", "kỷ niệm 8-3"],
    },
    Called {
        report: "nha-tre",
        topics: &[
            "khảo sát nhà trẻ, mẫu giáo cho con công nhân",
            "khảo sát nhu cầu nhà trẻ, mẫu giáo của con CNLĐ",
        ],
        brief: &["khảo sát nhà trẻ", "khảo sát nhà trẻ mẫu giáo"],
    },
    Called {
        report: "doi-thoai",
        topics: &[
            "kết quả đối thoại và ký kết thỏa ước lao động tập thể",
            "thương lượng, ký kết TƯLĐTT",
            "tình hình đối thoại, ký kết thỏa ước lao động tập thể",
        ],
        brief: &["TƯLĐTT", "thỏa ước LĐTT"],
    },
];

/// What stands in `reports.toml` besides the sample's reports, as an administrator who took pains writes it.
pub const FURTHER: &str = r#"
[[report]]
id = "hoat-dong"
title = "Báo cáo kết quả hoạt động công đoàn"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "quarterly"
due = { day = 18 }
who = ["district", "sector", "economic_zone"]
forms = ["signed_document", "soft_file"]
words = ["hoạt động công đoàn", "công tác công đoàn", "hoạt động CĐ", "công tác CĐ"]

[[report]]
id = "tong-ket"
title = "Báo cáo tổng kết hoạt động công đoàn"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "yearly"
due = { date = "20/12" }
who = ["district", "sector", "economic_zone", "grassroots_direct"]
forms = ["signed_document", "soft_file"]
over = ["hoat-dong"]
words = ["tổng kết … công đoàn", "tổng kết … công tác CĐ", "tổng kết … hoạt động CĐ"]

[[report]]
id = "dan-chu"
title = "Báo cáo kết quả thực hiện dân chủ ở cơ sở"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "six_months"
due = { day = 12 }
who = ["district", "sector", "economic_zone", "grassroots_direct"]
forms = ["signed_document", "soft_file"]
words = ["dân chủ ở cơ sở", "dân chủ cơ sở", "quy chế dân chủ", "QCDC", "thực hiện dân chủ"]

[[report]]
id = "an-toan"
title = "Báo cáo công tác an toàn, vệ sinh lao động"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "six_months"
due = { day = 14 }
who = ["economic_zone", "sector", "grassroots_direct"]
forms = ["soft_file"]
words = ["an toàn vệ sinh lao động", "ATVSLĐ", "AT-VSLĐ", "bảo hộ lao động"]

[[report]]
id = "thang-an-toan"
title = "Báo cáo kết quả Tháng hành động về an toàn, vệ sinh lao động"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "event"
solar = "1/5-31/5"
due = { date = "12/6" }
who = ["economic_zone", "sector", "grassroots_direct"]
forms = ["signed_document", "soft_file"]
over = ["an-toan"]
words = ["tháng hành động về an toàn vệ sinh lao động", "tháng hành động về ATVSLĐ", "tháng HĐ ATVSLĐ", "tháng HĐ về ATVSLĐ"]

[[report]]
id = "thang-cong-nhan"
title = "Báo cáo kết quả Tháng Công nhân"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "event"
solar = "1/5-31/5"
due = { date = "10/6" }
who = ["district", "sector", "economic_zone", "grassroots_direct"]
forms = ["soft_file"]
words = ["tháng công nhân", "tháng CN"]

[[report]]
id = "tet"
title = "Báo cáo kết quả chăm lo Tết Nguyên đán cho đoàn viên, người lao động"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "event"
lunar = "1/1"
due = { days_after_event = 14 }
who = ["district", "sector", "economic_zone", "grassroots_direct"]
forms = ["soft_file"]
words = ["tết nguyên đán", "tết sum vầy", "chăm lo tết"]

[[report]]
id = "doan-vien"
title = "Báo cáo phát triển đoàn viên, thành lập công đoàn cơ sở"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "monthly"
due = { day = 22 }
who = ["economic_zone", "sector"]
forms = ["soft_file"]
words = ["phát triển đoàn viên", "PTĐV", "thành lập CĐCS"]

[[report]]
id = "thi-dua"
title = "Báo cáo phong trào thi đua và công tác khen thưởng"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "nine_months"
due = { day = 20 }
who = ["district", "sector", "economic_zone"]
forms = ["signed_document", "soft_file"]
words = ["phong trào thi đua", "thi đua khen thưởng"]

[[report]]
id = "phu-nu"
title = "Báo cáo kết quả các hoạt động kỷ niệm Ngày Quốc tế Phụ nữ 8/3"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "event"
solar = "1/3-8/3"
due = { date = "20/3" }
who = ["district", "sector"]
forms = ["soft_file"]
over = ["nu-cong"]
words = ["quốc tế phụ nữ", "8/3", "8-3"]

[[report]]
id = "nha-tre"
title = "Báo cáo khảo sát nhà trẻ, mẫu giáo cho con công nhân"
basis = "Công văn số 215/LĐLĐ-CSPL ngày 2/3/2026"
frequency = "once"
period = "2026-dot-1"
opens = "2026-03-02"
due = { on = "2026-04-10" }
who = ["economic_zone", "grassroots_direct", "district"]
forms = ["soft_file"]
over = ["tre-em"]
words = ["khảo sát … nhà trẻ", "nhà trẻ mẫu giáo"]

[[report]]
id = "doi-thoai"
title = "Báo cáo tình hình đối thoại, ký kết thỏa ước lao động tập thể"
basis = "Công văn của Liên đoàn Lao động tỉnh"
frequency = "yearly"
due = { date = "10/12" }
who = ["economic_zone", "grassroots_direct"]
forms = ["soft_file"]
words = ["thỏa ước lao động tập thể", "TƯLĐTT", "thỏa ước LĐTT"]
"#;
