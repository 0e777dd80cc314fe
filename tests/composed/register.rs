//! A register of after the merger: communes and wards of 1/7/2025 with names that collide, unions of sectors, zones and
//! companies, and the districts that ended, whose addresses some still write from.

use thubaocao::ground::text::fold;

/// A unit of the register.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: String,
    pub name: String,
    pub short: String,
    pub kind: &'static str,
    pub parent: String,
    pub emails: Vec<String>,
    pub aliases: Vec<String>,
    pub from: &'static str,
    pub to: &'static str,
    pub successor: Vec<String>,
    /// Where its letters are dated.
    pub place: String,
    /// What stands after `BC-` in its numbers.
    pub symbol: &'static str,
    /// The addresses of the district that it was made of.
    pub old_address: Option<String>,
}

/// The address of a clerk who writes for three unions.
pub const SHARED: &str = "nganhang.phuyen@thudientu.example";
/// The last day of the districts.
const ENDED: &str = "2025-06-30";

/// Old districts, each with the communes and wards that were made of it.
const DISTRICTS: [(&str, &str, &[&str]); 9] = [
    (
        "thành phố",
        "Tuy Hòa",
        &["phường Tuy Hòa", "phường Phú Yên", "phường Bình Kiến"],
    ),
    (
        "thị xã",
        "Sông Cầu",
        &[
            "phường Sông Cầu",
            "phường Xuân Đài",
            "xã Xuân Thọ",
            "xã Xuân Cảnh",
            "xã Xuân Lộc",
        ],
    ),
    (
        "thị xã",
        "Đông Hòa",
        &["phường Đông Hòa", "phường Hòa Hiệp", "xã Hòa Xuân"],
    ),
    (
        "huyện",
        "Tuy An",
        &[
            "xã Tuy An Bắc",
            "xã Tuy An Đông",
            "xã Tuy An Nam",
            "xã Tuy An Tây",
            "xã Ô Loan",
        ],
    ),
    ("huyện", "Phú Hòa", &["xã Phú Hòa 1", "xã Phú Hòa 2"]),
    (
        "huyện",
        "Tây Hòa",
        &["xã Tây Hòa", "xã Hòa Thịnh", "xã Hòa Mỹ", "xã Sơn Thành"],
    ),
    (
        "huyện",
        "Đồng Xuân",
        &["xã Đồng Xuân", "xã Xuân Lãnh", "xã Xuân Phước", "xã Phú Mỡ"],
    ),
    (
        "huyện",
        "Sơn Hòa",
        &["xã Sơn Hòa", "xã Vân Hòa", "xã Tây Sơn", "xã Suối Trai"],
    ),
    (
        "huyện",
        "Sông Hinh",
        &["xã Sông Hinh", "xã Ea Ly", "xã Ea Bá", "xã Đức Bình"],
    ),
];

/// Those of the other half of the province.
const FURTHER: [&str; 30] = [
    "phường Buôn Ma Thuột",
    "phường Tân An",
    "phường Tân Lập",
    "phường Thành Nhất",
    "phường Ea Kao",
    "phường Buôn Hồ",
    "phường Cư Bao",
    "xã Ea Drăng",
    "xã Ea Súp",
    "xã Ea Wer",
    "xã Ea Nuôl",
    "xã Buôn Đôn",
    "xã Quảng Phú",
    "xã Cư M'gar",
    "xã Krông Búk",
    "xã Ea H'leo",
    "xã Krông Năng",
    "xã Tam Giang",
    "xã Phú Xuân",
    "xã Krông Pắc",
    "xã Tân Tiến",
    "xã Ea Kar",
    "xã Ea Knốp",
    "xã M'Drắk",
    "xã Hòa Sơn",
    "xã Krông Bông",
    "xã Liên Sơn Lắk",
    "xã Krông Nô",
    "xã Krông Ana",
    "xã Dur Kmăl",
];

const SECTORS: [(&str, &str, &str); 8] = [
    (
        "cd-giao-duc",
        "Công đoàn ngành Giáo dục tỉnh Đắk Lắk",
        "CĐ ngành Giáo dục",
    ),
    (
        "cd-y-te",
        "Công đoàn ngành Y tế tỉnh Đắk Lắk",
        "CĐ ngành Y tế",
    ),
    (
        "cd-vien-chuc",
        "Công đoàn Viên chức tỉnh Đắk Lắk",
        "CĐ Viên chức tỉnh",
    ),
    (
        "cd-cong-thuong",
        "Công đoàn ngành Công Thương tỉnh Đắk Lắk",
        "CĐ ngành Công Thương",
    ),
    (
        "cd-xay-dung",
        "Công đoàn ngành Xây dựng tỉnh Đắk Lắk",
        "CĐ ngành Xây dựng",
    ),
    (
        "cd-nong-nghiep",
        "Công đoàn ngành Nông nghiệp và Môi trường tỉnh Đắk Lắk",
        "CĐ ngành NN&MT",
    ),
    (
        "cd-cao-su",
        "Công đoàn ngành Cao su tỉnh Đắk Lắk",
        "CĐ ngành Cao su",
    ),
    (
        "cd-ngan-hang",
        "Công đoàn ngành Ngân hàng tỉnh Đắk Lắk",
        "CĐ ngành Ngân hàng",
    ),
];

const ZONES: [(&str, &str, &str); 3] = [
    ("cd-kkt", "Công đoàn Khu kinh tế Phú Yên", "CĐ KKT Phú Yên"),
    (
        "cd-kcn",
        "Công đoàn các Khu công nghiệp Đắk Lắk",
        "CĐ các KCN Đắk Lắk",
    ),
    (
        "cd-ccn",
        "Công đoàn các Cụm công nghiệp Tân An",
        "CĐ các CCN Tân An",
    ),
];

/// Unions of companies, schools and hospitals directly under the province.
const COMPANIES: [&str; 38] = [
    "Công ty CP An Hưng",
    "Công ty TNHH An Hưng Phát",
    "Công ty CP Dược phẩm Miền Trung",
    "Công ty CP Thủy điện Vĩnh Sơn - Sông Hinh",
    "Công ty CP Thủy điện Buôn Đôn",
    "Công ty CP Cấp thoát nước Phú Yên",
    "Công ty CP Cấp nước Đắk Lắk",
    "Công ty TNHH MTV Xổ số kiến thiết Phú Yên",
    "Công ty TNHH MTV Xổ số kiến thiết Đắk Lắk",
    "Ngân hàng BIDV Phú Yên",
    "Ngân hàng BIDV Đắk Lắk",
    "Agribank Phú Yên",
    "Agribank Đắk Lắk",
    "Vietcombank Phú Yên",
    "Trường Đại học Phú Yên",
    "Trường Đại học Tây Nguyên",
    "Trường Cao đẳng Y tế Phú Yên",
    "Trường Cao đẳng Y tế Đắk Lắk",
    "Trường Cao đẳng nghề Phú Yên",
    "Bệnh viện Đa khoa tỉnh Phú Yên",
    "Bệnh viện Đa khoa vùng Tây Nguyên",
    "Bệnh viện Sản - Nhi Phú Yên",
    "Bệnh viện Mắt Đắk Lắk",
    "Báo và Phát thanh, Truyền hình Đắk Lắk",
    "Công ty CP Đường 333",
    "Công ty CP Mía đường Tuy Hòa",
    "Công ty TNHH KCP Việt Nam",
    "Công ty CP Cà phê Thắng Lợi",
    "Công ty TNHH MTV Cà phê 15",
    "Công ty TNHH MTV Cao su Krông Búk",
    "Công ty CP Xây dựng Giao thông Đắk Lắk",
    "Công ty Điện lực Phú Yên",
    "Công ty Điện lực Đắk Lắk",
    "Viễn thông Phú Yên",
    "Viễn thông Đắk Lắk",
    "Bưu điện tỉnh Đắk Lắk",
    "Công ty CP Bia Sài Gòn - Miền Trung",
    "Công ty CP Môi trường đô thị Đông Phương",
];

/// Unions under others, which the province does not ask.
const BELOW: [(&str, &str); 6] = [
    ("Trường Mầm non Hòa Vinh", "cd-giao-duc"),
    ("Trường THPT Trần Phú", "cd-giao-duc"),
    ("Trung tâm Y tế Sông Hinh", "cd-y-te"),
    ("Công ty TNHH May Tuy An", "cd-kkt"),
    ("Công ty TNHH Gỗ Hòa Hiệp", "cd-kkt"),
    ("Trường Tiểu học Tuy An Nam", "cd-phuong-tuy-hoa"),
];

/// A name as it stands in ids (`tuy-an-bac`) and addresses (`tuyanbac`).
fn slug(name: &str, between: &str) -> String {
    fold(name).replace(' ', between)
}

fn commune(called: &str, old_address: Option<String>, n: usize) -> Row {
    let mut emails = vec![format!("congdoan.{}@daklak.example", slug(called, ""))];
    if n.is_multiple_of(3) {
        emails.push(format!("cd{}2025@thudientu.example", slug(called, "")));
    }
    let place = called.split_once(' ').unwrap().1;
    Row {
        id: format!("cd-{}", slug(called, "-")),
        name: format!("Công đoàn {called}"),
        short: format!("CĐ {called}"),
        kind: "district",
        parent: "ldld-tinh".into(),
        emails,
        aliases: vec![],
        from: "2025-07-01",
        to: "",
        successor: vec![],
        place: place.to_owned(),
        symbol: ["CĐ", "CĐX", "BCH"][n % 3],
        old_address,
    }
}

fn plain(
    id: &str,
    name: &str,
    short: &str,
    kind: &'static str,
    parent: &str,
    email: String,
) -> Row {
    let eastern = name.contains("Phú Yên") || name.contains("Tuy Hòa");
    Row {
        id: id.to_owned(),
        name: name.to_owned(),
        short: short.to_owned(),
        kind,
        parent: parent.to_owned(),
        emails: vec![email],
        aliases: vec![],
        from: "2020-01-01",
        to: "",
        successor: vec![],
        place: (if eastern { "Tuy Hòa" } else { "Đắk Lắk" }).to_owned(),
        symbol: if kind == "grassroots" {
            "CĐCS"
        } else {
            "CĐN"
        },
        old_address: None,
    }
}

/// All rows: 120 units of today, the province among them, and nine districts that ended.
pub fn rows() -> Vec<Row> {
    let mut all = vec![plain(
        "ldld-tinh",
        "Liên đoàn Lao động tỉnh Đắk Lắk",
        "LĐLĐ tỉnh",
        "provincial",
        "",
        "vanphong@ldlddaklak.example".into(),
    )];
    for (level, name, communes) in DISTRICTS {
        let short = match level {
            "thành phố" => "TP",
            "thị xã" => "TX",
            other => other,
        };
        let address = format!("ldld.{}@phuyen.example", slug(name, ""));
        let mut row = plain(
            &format!("ldld-{}", slug(name, "-")),
            &format!("Liên đoàn Lao động {level} {name}"),
            &format!("LĐLĐ {short} {name}"),
            "district",
            "ldld-tinh",
            address.clone(),
        );
        row.to = ENDED;
        row.successor = communes
            .iter()
            .map(|c| format!("cd-{}", slug(c, "-")))
            .collect();
        all.push(row);
        for c in communes {
            let n = all.len();
            all.push(commune(c, Some(address.clone()), n));
        }
    }
    for c in FURTHER {
        let n = all.len();
        all.push(commune(c, None, n));
    }
    for (id, name, short) in SECTORS {
        let email = format!("{}@daklak.example", id.replace('-', ""));
        all.push(plain(id, name, short, "sector", "ldld-tinh", email));
    }
    for (id, name, short) in ZONES {
        let email = format!("{}@daklak.example", id.replace('-', ""));
        all.push(plain(id, name, short, "economic_zone", "ldld-tinh", email));
    }
    let below = BELOW.iter().map(|(name, parent)| (*name, *parent));
    for (n, (name, parent)) in COMPANIES
        .iter()
        .map(|c| (*c, "ldld-tinh"))
        .chain(below)
        .enumerate()
    {
        let short = name
            .replace("Công ty ", "")
            .replace("Trường ", "")
            .replace("Ngân hàng ", "");
        let id = format!("cdcs-{}", slug(&short, "-"));
        // Small ones write from a private mailbox, one clerk of Phú Yên for three of them.
        let email = match n {
            9 | 11 | 13 => SHARED.to_owned(),
            n if n % 4 == 0 => format!("cdcs.{}@thudientu.example", slug(&short, "")),
            _ => format!("congdoan@{}.example", slug(&short, "")),
        };
        let row = plain(
            &id,
            &format!("Công đoàn cơ sở {name}"),
            &format!("CĐCS {short}"),
            "grassroots",
            parent,
            email,
        );
        all.push(row);
    }
    all
}

/// `units.csv`.
pub fn csv(rows: &[Row]) -> String {
    let mut text =
        "id,name,short_name,kind,parent,emails,escalate_to,aliases,valid_from,valid_to,successor\n"
            .to_owned();
    for r in rows {
        text += &format!(
            "{},\"{}\",\"{}\",{},{},{},,\"{}\",{},{},{}\n",
            r.id,
            r.name,
            r.short,
            r.kind,
            r.parent,
            r.emails.join(";"),
            r.aliases.join(";"),
            r.from,
            r.to,
            r.successor.join(";")
        );
    }
    text
}
