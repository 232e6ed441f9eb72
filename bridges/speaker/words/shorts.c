// Abbreviations of a commune's office, and addresses of the net.
#include "scan.h"
#include "spell.h"

#include <string.h>

static const struct {
    const char *written, *said;
} shorts[] = {
    {"GD&ĐT", "giáo dục và đào tạo"},
    {"NN&PTNT", "nông nghiệp và phát triển nông thôn"},
    {"TN&MT", "tài nguyên và môi trường"},
    {"PCTT&TKCN", "phòng chống thiên tai và tìm kiếm cứu nạn"},
    {"VH-TT", "văn hóa thông tin"},
    {"PGS.TS", "phó giáo sư tiến sĩ"},
    {"Đ/c", "đồng chí"},
    {"đ/c", "đồng chí"},
    {"COVID-19", "cô vít mười chín"},
    {"Covid-19", "cô vít mười chín"},
    {"UBND", "Ủy ban nhân dân"},
    {"HĐND", "Hội đồng nhân dân"},
    {"UBMTTQVN", "Ủy ban Mặt trận Tổ quốc Việt Nam"},
    {"UBMTTQ", "Ủy ban Mặt trận Tổ quốc"},
    {"MTTQ", "Mặt trận Tổ quốc"},
    {"ĐBQH", "đại biểu Quốc hội"},
    {"TP.HCM", "Thành phố Hồ Chí Minh"},
    {"TP. HCM", "Thành phố Hồ Chí Minh"},
    {"TPHCM", "Thành phố Hồ Chí Minh"},
    {"TP.", "thành phố "},
    {"TP", "thành phố"},
    {"TX.", "thị xã "},
    {"TT.", "thị trấn "},
    {"CP", "Chính phủ"},
    {"TTg", "Thủ tướng"},
    {"BHYT", "bảo hiểm y tế"},
    {"BHXH", "bảo hiểm xã hội"},
    {"BHTN", "bảo hiểm thất nghiệp"},
    {"CCCD", "căn cước công dân"},
    {"CMND", "chứng minh nhân dân"},
    {"VNeID", "vi en ai đi"},
    {"PCCC", "phòng cháy chữa cháy"},
    {"CNCH", "cứu nạn cứu hộ"},
    {"PCTT", "phòng chống thiên tai"},
    {"PCLB", "phòng chống lụt bão"},
    {"TKCN", "tìm kiếm cứu nạn"},
    {"ANTT", "an ninh trật tự"},
    {"ATGT", "an toàn giao thông"},
    {"TNGT", "tai nạn giao thông"},
    {"CSGT", "cảnh sát giao thông"},
    {"GTNT", "giao thông nông thôn"},
    {"NTM", "nông thôn mới"},
    {"OCOP", "ô cóp"},
    {"MTQG", "mục tiêu quốc gia"},
    {"VSATTP", "vệ sinh an toàn thực phẩm"},
    {"ATTP", "an toàn thực phẩm"},
    {"VSMT", "vệ sinh môi trường"},
    {"MN", "mầm non"},
    {"TH", "tiểu học"},
    {"THCS", "trung học cơ sở"},
    {"THPT", "trung học phổ thông"},
    {"GDTX", "giáo dục thường xuyên"},
    {"NVH", "nhà văn hóa"},
    {"TTYT", "trung tâm y tế"},
    {"KCN", "khu công nghiệp"},
    {"KDC", "khu dân cư"},
    {"KHHGĐ", "kế hoạch hóa gia đình"},
    {"SXH", "sốt xuất huyết"},
    {"TCM", "tay chân miệng"},
    {"HTX", "hợp tác xã"},
    {"THT", "tổ hợp tác"},
    {"LHPN", "Liên hiệp Phụ nữ"},
    {"CCB", "cựu chiến binh"},
    {"ĐTN", "Đoàn Thanh niên"},
    {"TNCS", "Thanh niên Cộng sản"},
    {"BCH", "ban chỉ huy"},
    {"BCĐ", "ban chỉ đạo"},
    {"BTV", "ban thường vụ"},
    {"BQL", "ban quản lý"},
    {"CLB", "câu lạc bộ"},
    {"TDTT", "thể dục thể thao"},
    {"VHVN", "văn hóa văn nghệ"},
    {"QSDĐ", "quyền sử dụng đất"},
    {"GCN", "giấy chứng nhận"},
    {"TTHC", "thủ tục hành chính"},
    {"CNTT", "công nghệ thông tin"},
    {"CĐS", "chuyển đổi số"},
    {"NHCSXH", "Ngân hàng Chính sách xã hội"},
    {"NHNN", "Ngân hàng Nhà nước"},
    {"SXKD", "sản xuất kinh doanh"},
    {"VLXD", "vật liệu xây dựng"},
    {"BVTV", "bảo vệ thực vật"},
    {"NVQS", "nghĩa vụ quân sự"},
    {"TW", "trung ương"},
    {"T.Ư", "trung ương"},
    {"TDP", "tổ dân phố"},
    {"ThS.", "thạc sĩ "},
    {"ThS", "thạc sĩ"},
    {"TS.", "tiến sĩ "},
    {"BS.", "bác sĩ "},
    {"ĐC:", "địa chỉ "},
    {"ĐT:", "điện thoại "},
    {"SĐT", "số điện thoại"},
    {"STK", "số tài khoản"},
    {"QL", "quốc lộ"},
    {"ĐT", "đường tỉnh"},
    {"ĐH", "đường huyện"},
    {"v.v.", "vân vân"},
    {"v.v", "vân vân"},
    {"vv", "vân vân"},
    {"VN", "Việt Nam"},
};

const char *scan_said(const struct scan *scan, struct lt_slice written)
{
    for (size_t i = 0; scan->own && i < scan->own->count; i++) {
        if (lt_slice_is(written, scan->own->items[i].name))
            return scan->own->items[i].text;
    }
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        if (lt_slice_is(written, shorts[i].written))
            return shorts[i].said;
    }
    return NULL;
}

// The whole word, or a road and its number at once: QL91.
static size_t say_at(struct scan *scan, const char *written, const char *said)
{
    size_t size = strlen(written);
    int next = scan_byte(scan, scan->at + size);
    bool is_open = !scan_is_word((uint8_t)written[size - 1]);
    if (!scan_stands(scan, scan->at, written))
        return 0;
    if (!is_open && scan_is_word(next) && !scan_is_digit(next))
        return 0;
    lt_buffer_print(scan->out, scan_is_digit(next) ? "%s " : "%s", said);
    return size;
}

size_t scan_own(struct scan *scan)
{
    for (size_t i = 0; scan->own && i < scan->own->count; i++) {
        const struct lt_option_pair *pair = &scan->own->items[i];
        size_t taken = *pair->name ? say_at(scan, pair->name, pair->text) : 0;
        if (taken)
            return taken;
    }
    return 0;
}

size_t scan_short(struct scan *scan)
{
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        size_t taken = say_at(scan, shorts[i].written, shorts[i].said);
        if (taken)
            return taken;
    }
    return 0;
}

// --- www.anthanh1.gov.vn, lienhe@anthanh1.gov.vn ---

static bool is_of_address(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || scan_is_digit(c) || c == '.' ||
           c == '@' || c == '-' || c == '_' || c == '/' || c == ':';
}

static size_t address_end(const struct scan *scan)
{
    size_t i = scan->at;
    while (is_of_address(scan_byte(scan, i)))
        i++;
    while (i > scan->at && !scan_is_word(scan->text.data[i - 1]))
        i--;
    return i;
}

static bool is_address(const struct scan *scan, size_t end)
{
    struct lt_slice word = {scan->text.data + scan->at, end - scan->at};
    static const char *const ends[] = {".vn", ".com", ".net", ".org", ".gov"};
    if (memchr(word.data, '@', word.size) || scan_stands(scan, scan->at, "www.") ||
        scan_stands(scan, scan->at, "http"))
        return memchr(word.data, '.', word.size) != NULL;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t size = strlen(ends[i]);
        if (word.size > size && memcmp(word.data + word.size - size, ends[i], size) == 0)
            return true;
    }
    return false;
}

size_t scan_address(struct scan *scan)
{
    size_t end = address_end(scan);
    if (end == scan->at || !is_address(scan, end))
        return 0;
    size_t i = scan->at;
    if (scan_stands(scan, i, "https://"))
        i += strlen("https://");
    else if (scan_stands(scan, i, "http://"))
        i += strlen("http://");
    if (scan_stands(scan, i, "www."))
        i += strlen("www.");
    for (; i < end; i++) {
        uint8_t c = scan->text.data[i];
        const char *said = c == '.'   ? " chấm "
                           : c == '@' ? " a còng "
                           : c == '/' ? " xuyệt "
                           : c == '-' ? " gạch ngang "
                           : c == '_' ? " gạch dưới "
                                      : NULL;
        if (said)
            lt_buffer_print(scan->out, "%s", said);
        else if (scan_is_digit(c))
            lt_buffer_print(scan->out, " "), spell_digits(&c, 1, scan->out);
        else
            lt_buffer_add(scan->out, &c, 1);
    }
    return end - scan->at;
}
